package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.junit.jupiter.api.Test;

/** Outputs as they are compared: what is left out, what has no order. */
class ComparedOutputsTest {
  private static final Operation ACKNOWLEDGED = Operation.of("e1000e.intx_ack", "dev", "nic");
  private static final Operation RUN = Operation.of("kvm.run", "vm", "v0", "vcpu", "0");
  private static final Operation READ = Operation.of("ef.read", "fd", "e0");

  @Test
  void theCardsOwnRegisterIsLeftOut() {
    assertThat(ComparedOutputs.of(ACKNOWLEDGED, ImmutableMap.of("icr", 4L, "more", 1L)))
        .containsExactly("more", 1L);
    assertThat(ComparedOutputs.of(READ, ImmutableMap.of("icr", 4L))).containsExactly("icr", 4L);
  }

  @Test
  void whatAGuestTookIsASet() {
    assertThat(ComparedOutputs.of(RUN, taken(33L, 8192L)))
        .isEqualTo(ComparedOutputs.of(RUN, taken(8192L, 33L)));
    assertThat(ComparedOutputs.of(RUN, taken(33L)))
        .isNotEqualTo(ComparedOutputs.of(RUN, taken(33L, 8192L)));
    assertThat(ComparedOutputs.of(RUN, taken())).isNotEqualTo(ImmutableMap.of());
  }

  @Test
  void otherListsKeepTheirOrder() {
    ImmutableMap<String, Object> irr = ImmutableMap.of("irr", ImmutableList.of(2L, 1L));
    assertThat(ComparedOutputs.of(READ, irr)).isEqualTo(irr);
  }

  @Test
  void whatIsNotNamedIsDropped() {
    assertThat(
            ComparedOutputs.named(
                ImmutableMap.of("count", 1L, "flags", 9L), ImmutableMap.of("count", 2L)))
        .containsExactly("count", 1L);
  }

  private static ImmutableMap<String, Object> taken(Long... intids) {
    return ImmutableMap.of("intids", ImmutableList.copyOf(intids));
  }
}
