/** Tracepoints as events of the JDK's Flight Recorder. */
@NullMarked
package org.irqbypass.trace.jfr;

import org.jspecify.annotations.NullMarked;
