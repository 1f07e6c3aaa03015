package org.irqbypass.comparison.cost;

/**
 * What a run would cost, by the parameters of a {@link CostModel}: modelled, not measured. In
 * nanoseconds.
 *
 * @param callNanos of the VMM's calls, and of those of the registry behind them
 * @param interruptNanos of all that interrupts led to
 * @param lowestNanos of both, if everything cost the least that it is assumed to
 * @param highestNanos of both, if everything cost the most
 * @param latency from a device's raise to the guest's taking it
 * @param longestWindowNanos the longest time in which bypass of an interrupt was possible and not
 *     in force
 * @param charges how often time was spent on what: counted
 */
public record ModelledTime(
    long callNanos,
    long interruptNanos,
    long lowestNanos,
    long highestNanos,
    Latency latency,
    long longestWindowNanos,
    Charges charges) {
  /** Of calls and interrupts. */
  public long nanos() {
    return callNanos + interruptNanos;
  }
}
