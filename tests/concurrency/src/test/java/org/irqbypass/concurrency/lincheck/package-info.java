/** Calls of several threads, compared with calls that come one after the other. */
@NullMarked
package org.irqbypass.concurrency.lincheck;

import org.jspecify.annotations.NullMarked;
