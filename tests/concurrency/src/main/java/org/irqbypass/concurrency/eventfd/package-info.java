/** An eventfd's count, by which a signal hands over. */
@NullMarked
package org.irqbypass.concurrency.eventfd;

import org.jspecify.annotations.NullMarked;
