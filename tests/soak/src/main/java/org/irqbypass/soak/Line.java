package org.irqbypass.soak;

import org.irqbypass.host.Raise;

/** One interrupt of a device, from its raising to the guest's interrupts that it becomes. */
abstract class Line {
  private final boolean latched;
  private final boolean isLevel;
  private final Account account;

  /** Raised since the last settling, and owed to the guest. */
  private int owed;

  /** Taken by the guest since the last settling. */
  private int taken;

  /**
   * Makes a line.
   *
   * @param isLevel whether it stays asserted until the guest's driver lowers it
   * @param latched whether an interrupt that nobody listens to waits, rather than being gone
   */
  Line(Account account, boolean isLevel, boolean latched) {
    this.account = account;
    this.isLevel = isLevel;
    this.latched = latched;
  }

  /** The device raises it. */
  protected abstract Raise assertLine();

  /** The guest's driver silences the device. */
  protected abstract void lower();

  /** Whether it goes past the host's handler, or the guest completes it, as programmed now. */
  protected boolean isBypassed() {
    return false;
  }

  final boolean isLevel() {
    return isLevel;
  }

  final void raise() {
    Raise raise = assertLine();
    account.raised++;
    if (raise == Raise.UNTRIGGERED && !latched) {
      account.untriggered++;
      return;
    }
    owed++;
    if (raise == Raise.POSTED || (raise == Raise.HANDLED && isBypassed())) {
      account.bypassed++;
    }
  }

  /** Raised by a device whose interrupts are masked, and then reset. */
  final void forget() {
    account.masked++;
    account.coalesced += owed - 1L;
    owed = 0;
  }

  final void delivered() {
    lower();
    taken++;
  }

  final boolean isOwed() {
    return taken < owed;
  }

  final boolean isSettled() {
    return owed == 0 && taken == 0;
  }

  final boolean isUndelivered() {
    return taken == 0 && owed > 0;
  }

  final void settle() {
    account.settle(owed, taken);
    owed = 0;
    taken = 0;
  }
}
