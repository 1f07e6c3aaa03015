package org.irqbypass.comparison.report;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedMap;
import java.math.BigInteger;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.explore.Census;
import org.irqbypass.comparison.explore.Coverage;
import org.irqbypass.comparison.explore.Ending;
import org.irqbypass.comparison.explore.Exploration;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** What is said of orders, where they were explored in part. */
class VerdictTest {
  private static Census.Share ending(boolean bypassed, long orders) {
    return new Census.Share(
        new Ending(
            ImmutableSortedMap.of(new Interrupt("nic", "MSIX", 0), bypassed),
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0,
            0),
        BigInteger.valueOf(orders));
  }

  private static Exploration exploration(boolean complete, Census sampled) {
    return new Exploration(
        "storm",
        Contender.AUTOMATIC_LINUX,
        new Census(ImmutableList.of(ending(false, 999), ending(true, 1))),
        sampled,
        new Coverage(complete, 1, 2, 3, 0, 1, 0.5, 4, ImmutableList.of()),
        ImmutableList.of(),
        ImmutableList.of());
  }

  @Test
  @DisplayName("all orders count where all were explored, those drawn at random where not")
  void representative() {
    Census sampled = new Census(ImmutableList.of(ending(false, 1), ending(true, 3)));
    assertThat(Verdict.share(exploration(true, sampled))).isWithin(1e-9).of(0.001);
    assertThat(Verdict.share(exploration(false, sampled))).isWithin(1e-9).of(0.75);
    assertThat(Verdict.share(exploration(false, new Census(ImmutableList.of()))))
        .isWithin(1e-9)
        .of(0.001);
  }

  @Test
  @DisplayName("a share that only comes close is not shown as all, or as none")
  void shares() {
    assertThat(Words.share(1)).isEqualTo("100 %");
    assertThat(Words.share(0.9999)).isEqualTo("over 99.9 %");
    assertThat(Words.share(0.997)).isEqualTo("99.7 %");
    assertThat(Words.share(0.5)).isEqualTo("50 %");
    assertThat(Words.share(0.0001)).isEqualTo("under 0.1 %");
    assertThat(Words.share(0)).isEqualTo("0 %");
  }
}
