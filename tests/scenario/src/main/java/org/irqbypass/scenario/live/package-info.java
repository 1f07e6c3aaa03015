/**
 * The same operations on a kernel that runs and on its model, compared call by call. How a kernel
 * is reached is a service: {@link LiveKernelProvider}.
 */
@NullMarked
package org.irqbypass.scenario.live;

import org.jspecify.annotations.NullMarked;
