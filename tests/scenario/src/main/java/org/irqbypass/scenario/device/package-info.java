/** Models of devices, as far as their interrupts go. */
@NullMarked
package org.irqbypass.scenario.device;

import org.jspecify.annotations.NullMarked;
