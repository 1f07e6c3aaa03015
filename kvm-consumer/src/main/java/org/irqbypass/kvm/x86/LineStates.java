package org.irqbypass.kvm.x86;

/**
 * Who drives each pin of an interrupt controller ({@code irq_states}): a pin is high while one of
 * its sources is. Guarded by the controller's lock.
 */
final class LineStates {
  private final long[] sources;

  LineStates(int pins) {
    sources = new long[pins];
  }

  /** Notes a source's level; returns the pin's ({@code __kvm_irq_line_state()}). */
  boolean drive(int pin, int source, boolean level) {
    long bit = 1L << source;
    sources[pin] = level ? sources[pin] | bit : sources[pin] & ~bit;
    return sources[pin] != 0;
  }

  long of(int pin) {
    return sources[pin];
  }
}
