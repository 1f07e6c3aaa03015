/** One host interrupt: its handler, its mask, what is in flight. */
@NullMarked
package org.irqbypass.concurrency.hostirq;

import org.jspecify.annotations.NullMarked;
