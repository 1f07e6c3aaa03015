package org.irqbypass.comparison.account;

import com.google.common.collect.ImmutableList;

/**
 * The account of one run, in the words of the comparison. The sums over interrupts are those of
 * {@link InterruptAccount}.
 *
 * @param calls calls from userspace, those for forwarding included
 * @param forwardingCalls calls that are there only for forwarding
 * @param eagain calls that failed with {@code EAGAIN}
 * @param otherErrors calls that failed with another errno
 * @param exits how often vCPUs left guest mode
 * @param wakeUps how often a vCPU that waited for an interrupt was woken
 * @param failuresTold attempts to pair that failed, and userspace's call with them
 * @param failuresUntold attempts to pair that failed while userspace's call succeeded, and that
 *     nothing attempts again
 * @param failuresRetried attempts to pair that failed while userspace's call succeeded, and that
 *     are attempted again without a call
 * @param gaveUp interrupts for which a contender stopped asking
 * @param interrupts one by one, in order of name
 */
public record Account(
    int calls,
    int forwardingCalls,
    int eagain,
    int otherErrors,
    Exits exits,
    int wakeUps,
    int failuresTold,
    int failuresUntold,
    int failuresRetried,
    int gaveUp,
    ImmutableList<InterruptAccount> interrupts) {

  /** How often devices asserted an interrupt. */
  public int raised() {
    return interrupts.stream().mapToInt(InterruptAccount::raised).sum();
  }

  /** Raised while there was no trigger. */
  public int untriggered() {
    return interrupts.stream().mapToInt(InterruptAccount::untriggered).sum();
  }

  /** Raised while an earlier one of the same vector had not been taken. */
  public int coalesced() {
    return interrupts.stream().mapToInt(InterruptAccount::coalesced).sum();
  }

  /** Raised and masked to the end. */
  public int masked() {
    return interrupts.stream().mapToInt(InterruptAccount::masked).sum();
  }

  /** Taken by a guest. */
  public int delivered() {
    return interrupts.stream().mapToInt(InterruptAccount::delivered).sum();
  }

  /** Raised while bypass was in force. */
  public int bypassed() {
    return interrupts.stream().mapToInt(InterruptAccount::bypassed).sum();
  }

  /** Raised and never delivered, without a reason. */
  public int lost() {
    return interrupts.stream().mapToInt(InterruptAccount::lost).sum();
  }

  /** Delivered more often than raised. */
  public int duplicated() {
    return interrupts.stream().mapToInt(InterruptAccount::duplicated).sum();
  }

  /** Delivered by an entry that the guest had replaced. */
  public int misdirected() {
    return interrupts.stream().mapToInt(InterruptAccount::misdirected).sum();
  }

  /** Raised while bypass was possible and not in force. */
  public int window() {
    return interrupts.stream().mapToInt(InterruptAccount::window).sum();
  }
}
