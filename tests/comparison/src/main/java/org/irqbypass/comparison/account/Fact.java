package org.irqbypass.comparison.account;

import org.irqbypass.errno.Errno;
import org.jspecify.annotations.Nullable;

/**
 * One thing that happened in a run, as far as the account cares. Facts come in the order in which
 * they happened.
 */
public sealed interface Fact {
  /**
   * Userspace made a call.
   *
   * @param forwarding whether it is there only for forwarding
   * @param errno what it was refused with; null if it succeeded
   */
  record Called(boolean forwarding, @Nullable Errno errno) implements Fact {}

  /**
   * A device asserted an interrupt.
   *
   * @param interrupt which
   * @param level whether it is a line that went high and stays so
   * @param way what became of it
   */
  record Raised(Interrupt interrupt, boolean level, Way way) implements Fact {}

  /**
   * A device's line went low.
   *
   * @param interrupt which
   */
  record Lowered(Interrupt interrupt) implements Fact {}

  /**
   * What a device had raised earlier fires now, because a mask went away.
   *
   * @param interrupt which
   * @param bypassed whether the host is bypassed
   */
  record Fired(Interrupt interrupt, boolean bypassed) implements Fact {}

  /**
   * An interrupt is pending in a guest.
   *
   * @param interrupt which
   * @param destination where
   * @param stale whether the entry that delivered it had already been replaced by the guest
   */
  record Reached(Interrupt interrupt, Destination destination, boolean stale) implements Fact {}

  /**
   * An interrupt went no further than a mask: a pin that the guest has masked, or an eventfd that
   * the VMM reads itself because the guest has masked the vector.
   *
   * @param interrupt which
   */
  record HeldBack(Interrupt interrupt) implements Fact {}

  /**
   * A guest took an interrupt.
   *
   * @param destination where
   */
  record Taken(Destination destination) implements Fact {}

  /**
   * A guest completed an interrupt.
   *
   * @param destination where
   */
  record Completed(Destination destination) implements Fact {}

  /**
   * A vCPU left guest mode because of an interrupt.
   *
   * @param reason why
   */
  record Exited(Reason reason) implements Fact {
    /** Why a vCPU left guest mode. */
    public enum Reason {
      /** It was kicked, to be given an interrupt. */
      KICK,
      /** Its end of interrupt was trapped. */
      EOI_TRAP,
      /** The interrupt controller asked for maintenance. */
      MAINTENANCE
    }
  }

  /**
   * The kernel or the hardware did a piece of work for an interrupt, or for a pair of ends.
   *
   * @param work what
   */
  record Worked(Work work) implements Fact {
    /** What is done on an interrupt's way besides exits and wake-ups. */
    public enum Work {
      /** The host took an interrupt and ran its handler. */
      HOST_IRQ,
      /** The handler signalled the interrupt's eventfd. */
      SIGNAL,
      /** An irqfd injected what its eventfd was signalled for. */
      INJECTION,
      /** An irqfd's work item ran, because it could not inject in place. */
      DEFERRAL,
      /** The hardware posted an interrupt to a vCPU. */
      POSTING,
      /** The guest's completion reached the resampler. */
      RESAMPLE,
      /** An interrupt was unmasked because its resample eventfd was signalled. */
      UNMASK,
      /** An end was registered or unregistered. */
      REGISTRY_CALL
    }
  }

  /** A vCPU that waited for an interrupt was woken by one. */
  record WokenUp() implements Fact {}

  /**
   * Both ends of an interrupt are set up: from here on bypass is possible.
   *
   * @param interrupt which
   */
  record Possible(Interrupt interrupt) implements Fact {}

  /**
   * One of an interrupt's ends is gone: bypass is not possible any more.
   *
   * @param interrupt which
   */
  record Impossible(Interrupt interrupt) implements Fact {}

  /**
   * Bypass is in force, or not any more.
   *
   * @param interrupt which
   * @param on whether it is
   * @param asked whether a call of userspace asked for just that
   * @param step the step of the run in which that happened
   */
  record Bypass(Interrupt interrupt, boolean on, boolean asked, int step) implements Fact {}

  /**
   * Two ends met and could not be paired.
   *
   * @param interrupt which
   * @param errno why; null where the refusal carried none
   * @param told whether a call that userspace made for it failed
   * @param willRetry whether it will be attempted again without a call
   */
  record Refused(Interrupt interrupt, @Nullable Errno errno, boolean told, boolean willRetry)
      implements Fact {}

  /**
   * A contender gave up asking for an interrupt to be forwarded.
   *
   * @param interrupt which
   */
  record GaveUp(Interrupt interrupt) implements Fact {}
}
