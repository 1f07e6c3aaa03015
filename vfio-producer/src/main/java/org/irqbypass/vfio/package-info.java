/** VFIO groups and devices, whose interrupts are producers. */
@NullMarked
package org.irqbypass.vfio;

import org.jspecify.annotations.NullMarked;
