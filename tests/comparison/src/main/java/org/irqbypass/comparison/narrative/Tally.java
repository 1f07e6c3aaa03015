package org.irqbypass.comparison.narrative;

/**
 * What happened in a part of a run, in numbers.
 *
 * @param calls calls from userspace
 * @param forwarding those of them that are there only for forwarding
 * @param raised interrupts that devices raised
 * @param bypassed those of them that were raised while bypass was in force
 */
public record Tally(int calls, int forwarding, int raised, int bypassed) {
  /** Nothing happened. */
  static final Tally NONE = new Tally(0, 0, 0, 0);

  /** Both together. */
  Tally plus(Tally other) {
    return new Tally(
        calls + other.calls,
        forwarding + other.forwarding,
        raised + other.raised,
        bypassed + other.bypassed);
  }
}
