/**
 * The kernel that this program runs on, as far as VMs and eventfds of its own process reach: {@link
 * DevKvm} opens it, {@link RunningKernel} says what it performs, {@link RunningHost} performs it.
 */
@NullMarked
package org.irqbypass.live;

import org.jspecify.annotations.NullMarked;
