/** Tests of the account, and the account of a short load. */
@NullMarked
package org.irqbypass.soak;

import org.jspecify.annotations.NullMarked;
