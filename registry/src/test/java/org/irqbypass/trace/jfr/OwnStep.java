package org.irqbypass.trace.jfr;

import org.irqbypass.trace.TraceEvent;

/** A user's own kind of step that stands for itself, in no room. */
record OwnStep(int number) implements TraceEvent {}
