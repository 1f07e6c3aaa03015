/** Messages to an Arm guest: an ITS translates them, or the hardware delivers them by itself. */
@NullMarked
package org.irqbypass.concurrency.lpi;

import org.jspecify.annotations.NullMarked;
