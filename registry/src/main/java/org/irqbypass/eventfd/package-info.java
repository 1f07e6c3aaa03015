/** Eventfds with their wait queue, and the descriptor table. */
@NullMarked
package org.irqbypass.eventfd;

import org.jspecify.annotations.NullMarked;
