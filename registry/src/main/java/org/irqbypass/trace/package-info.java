/** Tracepoints: every observable step, free when nobody listens. */
@NullMarked
package org.irqbypass.trace;

import org.jspecify.annotations.NullMarked;
