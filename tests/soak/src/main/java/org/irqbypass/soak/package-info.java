/** Load: many interrupts, reconfiguration all the while, and an account to the last of them. */
@NullMarked
package org.irqbypass.soak;

import org.jspecify.annotations.NullMarked;
