/** Runs the jcstress suites of the packages below, and keeps what they found. */
@NullMarked
package org.irqbypass.concurrency;

import org.jspecify.annotations.NullMarked;
