package org.irqbypass.trace;

/**
 * One observable step, as a typed value. Each room defines its own records, named after the Linux
 * function or tracepoint they model; how Linux prints them is not this library's concern.
 */
public interface TraceEvent {}
