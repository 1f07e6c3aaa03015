package org.irqbypass.soak;

import static com.google.common.truth.Truth.assertThat;

import org.junit.jupiter.api.Test;

/** What the account makes of a group: what was owed to the guest, and what the guest took. */
class AccountTest {
  private final Account account = new Account();

  private void raiseAndSettle(int owed, int taken) {
    account.raised += owed;
    account.settle(owed, taken);
  }

  @Test
  void whatIsTakenOnceIsDelivered() {
    raiseAndSettle(1, 1);
    assertThat(account.delivered).isEqualTo(1);
    assertThat(account.balances()).isTrue();
  }

  @Test
  void severalThatAreTakenOnceAreCoalesced() {
    raiseAndSettle(3, 1);
    assertThat(account.coalesced).isEqualTo(2);
    assertThat(account.balances()).isTrue();
  }

  @Test
  void whatIsOwedAndNeverTakenHasLostOne() {
    raiseAndSettle(3, 0);
    assertThat(account.lost).isEqualTo(1);
    assertThat(account.unaccounted()).isEqualTo(1);
    assertThat(account.balances()).isFalse();
  }

  @Test
  void whatIsTakenMoreOftenIsDuplicated() {
    raiseAndSettle(1, 2);
    assertThat(account.duplicated).isEqualTo(1);
    assertThat(account.unaccounted()).isEqualTo(-1);
    assertThat(account.balances()).isFalse();
  }

  @Test
  void aVcpuThatSleepsOnUnbalancesIt() {
    raiseAndSettle(1, 1);
    account.asleep++;
    assertThat(account.balances()).isFalse();
  }
}
