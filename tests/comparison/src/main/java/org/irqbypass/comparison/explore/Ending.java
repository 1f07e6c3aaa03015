package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableSortedMap;
import org.irqbypass.comparison.account.Interrupt;

/**
 * What one order of steps came to.
 *
 * @param forwarding of each interrupt that could be bypassed, whether it was when both its ends
 *     were last there
 * @param bypassed how many interrupts went past the host
 * @param slow how many took the slow way although bypass was possible
 * @param longestSlow the most of one vector
 * @param stale how many went the way that the guest had already replaced
 * @param lost how many were lost
 * @param duplicated how many came twice
 * @param errors how many calls userspace saw fail
 * @param untold how many attempts to pair failed for good with nobody told
 * @param retries how many attempts were refused and made again, by userspace or by the registry
 */
public record Ending(
    ImmutableSortedMap<Interrupt, Boolean> forwarding,
    int bypassed,
    int slow,
    int longestSlow,
    int stale,
    int lost,
    int duplicated,
    int errors,
    int untold,
    int retries) {
  /** How much of what could be bypassed was, at the end. */
  public enum Extent {
    /** All of it. */
    FULLY,
    /** Some of it. */
    PARTLY,
    /** None of it, or nothing could be. */
    NOT
  }

  /** How much of what could be bypassed was, at the end. */
  public Extent extent() {
    if (!forwarding.containsValue(true)) {
      return Extent.NOT;
    }
    return forwarding.containsValue(false) ? Extent.PARTLY : Extent.FULLY;
  }
}
