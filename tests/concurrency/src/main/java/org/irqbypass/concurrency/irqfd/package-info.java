/** From the device to the guest: the handler is replaced, the route changed, the pairing made. */
@NullMarked
package org.irqbypass.concurrency.irqfd;

import org.jspecify.annotations.NullMarked;
