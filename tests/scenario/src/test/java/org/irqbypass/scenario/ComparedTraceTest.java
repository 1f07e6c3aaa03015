package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableList;
import org.junit.jupiter.api.Test;

/** Which traces count as the same. */
class ComparedTraceTest {
  private static final Operation CLOSE = Operation.parse("vm.close vm=v0");
  private static final Operation TEARDOWN = Operation.parse("teardown");

  private static ImmutableList<String> of(Operation operation, String... lines) {
    return ComparedTrace.of(operation, ImmutableList.copyOf(lines));
  }

  @Test
  void shutdownsOfOneCloseRunSideBySide() {
    ImmutableList<String> one =
        of(
            CLOSE,
            "irqfd_shutdown",
            "irqfd_shutdown",
            "irq_bypass_unregister_consumer(e0)",
            "irq_bypass_unregister_consumer(e1)",
            "kvm_arch_irq_bypass_stop(e1)");
    ImmutableList<String> other =
        of(
            CLOSE,
            "irqfd_shutdown",
            "irq_bypass_unregister_consumer(e1)",
            "kvm_arch_irq_bypass_stop(e1)",
            "irqfd_shutdown",
            "irq_bypass_unregister_consumer(e0)");
    assertThat(one).isEqualTo(other);
  }

  @Test
  void theResamplerOfAVgicLowersItsLineWhileAnotherShutdownGoesOn() {
    assertThat(
            of(
                CLOSE,
                "irqfd_shutdown",
                "irqfd_shutdown",
                "irqfd_resampler_shutdown",
                "irq_bypass_unregister_consumer(e2)",
                "kvm_set_irq: gsi 10 level 0 source 1",
                "vgic_irqfd_set_irq(level=0)",
                "vgic_update_irq_pending: VCPU: 0, IRQ 42, level: 0",
                "vgic_irqfd_set_irq=0",
                "irq_bypass_unregister_consumer(e0)",
                "vgic_v4_teardown"))
        .isEqualTo(
            of(
                CLOSE,
                "irqfd_shutdown",
                "irqfd_resampler_shutdown",
                "kvm_set_irq: gsi 10 level 0 source 1",
                "vgic_irqfd_set_irq(level=0)",
                "vgic_update_irq_pending: VCPU: 0, IRQ 42, level: 0",
                "vgic_irqfd_set_irq=0",
                "irq_bypass_unregister_consumer(e0)",
                "irqfd_shutdown",
                "irq_bypass_unregister_consumer(e2)",
                "vgic_v4_teardown"));
  }

  @Test
  void aVirtualLpiIsGivenUpInTheOrderOfItsIrqfd() {
    String[] inOrder = {
      "irqfd_shutdown",
      "irqfd_shutdown",
      "irq_bypass_unregister_consumer(e1)",
      "irq_bypass_unregister_consumer(e0)",
      "kvm_arch_irq_bypass_del_producer(e0)",
      "kvm_vgic_v4_unset_forwarding(irq[e0],type=0,irqchip=0,pin=0)",
      "its_unmap_vlpi(irq[e0])",
      "its_unmap_vlpi=0",
      "kvm_arch_irq_bypass_start(e0)"
    };
    String[] otherFirst = inOrder.clone();
    otherFirst[2] = inOrder[3];
    otherFirst[3] = inOrder[2];
    assertThat(of(CLOSE, inOrder)).isEqualTo(of(CLOSE, otherFirst));
    String[] tooEarly = inOrder.clone();
    tooEarly[4] = inOrder[6];
    tooEarly[6] = inOrder[4];
    assertThat(of(CLOSE, inOrder)).isNotEqualTo(of(CLOSE, tooEarly));
  }

  @Test
  void eachShutdownKeepsItsOwnOrder() {
    assertThat(
            of(
                CLOSE,
                "irqfd_shutdown",
                "irqfd_shutdown",
                "kvm_arch_irq_bypass_stop(e1)",
                "irq_bypass_unregister_consumer(e1)"))
        .isNotEqualTo(
            of(
                CLOSE,
                "irqfd_shutdown",
                "irqfd_shutdown",
                "irq_bypass_unregister_consumer(e1)",
                "kvm_arch_irq_bypass_stop(e1)"));
  }

  @Test
  void aShutdownThatIsMissingOrTwiceDiffers() {
    ImmutableList<String> two =
        of(
            CLOSE,
            "irqfd_shutdown",
            "irqfd_shutdown",
            "irq_bypass_unregister_consumer(e0)",
            "irq_bypass_unregister_consumer(e1)");
    assertThat(two)
        .isNotEqualTo(
            of(CLOSE, "irqfd_shutdown", "irqfd_shutdown", "irq_bypass_unregister_consumer(e0)"));
    assertThat(two)
        .isNotEqualTo(
            of(
                CLOSE,
                "irqfd_shutdown",
                "irqfd_shutdown",
                "irq_bypass_unregister_consumer(e0)",
                "irq_bypass_unregister_consumer(e0)"));
  }

  @Test
  void aSingleShutdownHasItsOrder() {
    assertThat(of(CLOSE, "irqfd_shutdown", "irq_bypass_unregister_consumer(e0)"))
        .isNotEqualTo(of(CLOSE, "irq_bypass_unregister_consumer(e0)", "irqfd_shutdown"));
  }

  private static final String[] NIC = {
    "vfio_msi_set_vector_signal(0,-1)",
    "irq_bypass_unregister_producer(e0)",
    "vfio_msi_set_vector_signal=0",
    "vfio_msi_set_vector_signal(1,-1)",
    "vfio_msi_set_vector_signal=0"
  };

  private static final String[] DISK = {
    "vfio_msi_set_vector_signal(0,-1)",
    "irq_bypass_unregister_producer(e1)",
    "vfio_msi_set_vector_signal=0"
  };

  private static ImmutableList<String> teardown(String[]... devices) {
    ImmutableList.Builder<String> lines = ImmutableList.builder();
    for (String[] device : devices) {
      lines.add(device);
    }
    return ComparedTrace.of(TEARDOWN, lines.build());
  }

  @Test
  void aTeardownClosesDevicesInAnyOrder() {
    assertThat(teardown(NIC, DISK)).isEqualTo(teardown(DISK, NIC));
    String[] line = {"virqfd_shutdown"};
    assertThat(teardown(NIC, line, DISK)).isEqualTo(teardown(line, DISK, NIC));
  }

  @Test
  void theVectorsOfADeviceHaveTheirOrder() {
    String[] backwards = {NIC[3], NIC[4], NIC[0], NIC[1], NIC[2]};
    assertThat(teardown(NIC)).isNotEqualTo(teardown(backwards));
    assertThat(teardown(NIC, DISK)).isNotEqualTo(teardown(NIC));
    assertThat(of(CLOSE, "a", "vfio_msi_set_vector_signal(0,-1)"))
        .isNotEqualTo(of(CLOSE, "vfio_msi_set_vector_signal(0,-1)", "a"));
  }
}
