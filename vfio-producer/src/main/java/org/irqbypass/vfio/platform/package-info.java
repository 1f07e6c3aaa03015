/** Platform devices: wired interrupts. */
@NullMarked
package org.irqbypass.vfio.platform;

import org.jspecify.annotations.NullMarked;
