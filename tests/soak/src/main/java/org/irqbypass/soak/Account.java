package org.irqbypass.soak;

/**
 * What became of every interrupt of one host. Who writes it holds the traffic lock of the device
 * that interrupted, so a sum is read when nobody runs.
 *
 * <p><b>Why it balances.</b> An interrupt is counted as raised when its device raises it, and as
 * delivered when a guest takes it: two counts at the two ends, that nothing in between can touch.
 * Between two settlings of a line its interrupts are one group, one of them but for rare bursts.
 * Each member was told untriggered when it was raised and is gone; or a reset took it from behind
 * its mask; or it is owed to the guest. A group that is owed and of which nothing is delivered once
 * its line is open and all deferred work has run, has lost one; what is delivered fewer times than
 * it is owed, but once at least, was raised while an earlier one had not been taken: coalesced;
 * what is delivered more often is duplicated.
 */
final class Account {
  long raised;
  long bypassed;
  long delivered;
  long coalesced;
  long masked;
  long untriggered;
  long lost;
  long duplicated;

  /** vCPUs that slept on though they had an interrupt to take. */
  long asleep;

  /** Settles a group: what was owed, and what the guest took. */
  void settle(int owed, int taken) {
    delivered += taken;
    if (taken > owed) {
      duplicated += taken - owed;
    } else if (taken > 0) {
      coalesced += owed - taken;
    } else if (owed > 0) {
      lost++;
      coalesced += owed - 1;
    }
  }

  void add(Account other) {
    raised += other.raised;
    bypassed += other.bypassed;
    delivered += other.delivered;
    coalesced += other.coalesced;
    masked += other.masked;
    untriggered += other.untriggered;
    lost += other.lost;
    duplicated += other.duplicated;
    asleep += other.asleep;
  }

  /** How many interrupts were raised and are nowhere; below zero: are there and were not raised. */
  long unaccounted() {
    return raised - (delivered + coalesced + masked + untriggered);
  }

  boolean balances() {
    return unaccounted() == 0 && lost == 0 && duplicated == 0 && asleep == 0;
  }
}
