package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableSortedMap;
import org.irqbypass.comparison.account.Account;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.comparison.account.InterruptAccount;

/** Reads an ending from an account. */
final class Endings {
  private Endings() {}

  static Ending of(Account account) {
    ImmutableSortedMap.Builder<Interrupt, Boolean> forwarding = ImmutableSortedMap.naturalOrder();
    int longest = 0;
    for (InterruptAccount each : account.interrupts()) {
      if (each.bypassable()) {
        forwarding.put(each.interrupt(), each.bypassedAtEnd());
      }
      longest = Math.max(longest, each.window());
    }
    return new Ending(
        forwarding.buildOrThrow(),
        account.bypassed(),
        account.window(),
        longest,
        account.misdirected(),
        account.lost(),
        account.duplicated(),
        account.eagain() + account.otherErrors(),
        account.failuresUntold(),
        account.failuresRetried() + account.failuresTold());
  }
}
