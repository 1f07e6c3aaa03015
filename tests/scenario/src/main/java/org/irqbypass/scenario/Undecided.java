package org.irqbypass.scenario;

/**
 * One operation of a session of which the recording does not say enough to be compared: neither a
 * match nor a mismatch.
 *
 * @param caseName its case
 * @param step its number in the case
 * @param rule why it cannot be decided
 */
public record Undecided(String caseName, int step, Rule rule) {
  /** Why something cannot be decided. */
  public enum Rule {
    /** Deferred work that was queued in the last second, or by the end itself. */
    THE_RECORDING_ENDS("the recording ends before what was begun is shown to end"),

    /** A vector waited, was passed over by a lower one, and was not taken before it came again. */
    THE_GUEST_FORGOT("the guest forgot a pending vector: its local APIC was reset, or the vCPU");

    private final String words;

    Rule(String words) {
      this.words = words;
    }

    /**
     * The rule in words.
     *
     * @return a clause
     */
    public String words() {
      return words;
    }
  }

  @Override
  public String toString() {
    return caseName + " " + step + ": " + rule.words();
  }
}
