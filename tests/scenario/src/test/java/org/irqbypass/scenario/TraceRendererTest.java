package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.irqbypass.host.Trigger;
import org.irqbypass.registry.ConnectPolicy;
import org.junit.jupiter.api.Test;

/** Events are spelled as the kernel's functions and tracepoints print them. */
class TraceRendererTest {
  private static final ImmutableMap<String, DeviceDescription> DEVICES =
      ImmutableMap.of(
          "edu", new DeviceDescription(1, 1, 0, 0, 1, false, 0, null, false),
          "rtc",
              new DeviceDescription(0, 0, 0, 0, 0, true, 0, ImmutableList.of(Trigger.LEVEL), true));

  /** Runs operations and returns the trace of the last one. */
  private static ImmutableList<String> traceOfLast(String platform, String... operations) {
    SimulatedHost host =
        SimulatedHost.create(
            new HostOptions(
                platform,
                KernelProfile.LINUX_6_1,
                ConnectPolicy.OPPORTUNISTIC,
                DEVICES,
                false,
                true));
    Runner runner = new Runner(host);
    TraceRenderer renderer = new TraceRenderer(host);
    ImmutableList<String> trace = ImmutableList.of();
    for (String operation : operations) {
      trace = renderer.render(runner.run(Operation.parse(operation)).events());
    }
    return trace;
  }

  @Test
  void aMessageOnItsWayToTheGuest() {
    assertThat(
            traceOfLast(
                "x86-remapped",
                "vm.new vm=v0",
                "vm.irqchip vm=v0",
                "vm.vcpu vm=v0 vcpu=0",
                "kvm.lapic_setup vm=v0",
                "kvm.routing vm=v0 entries=msi:24:0xfee00000:0x41",
                "dev.open dev=edu",
                "ef.new fd=e0",
                "vfio.set_irqs dev=edu index=MSI flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1"
                    + " fds=e0",
                "kvm.irqfd vm=v0 fd=e0 gsi=24",
                "edu.raise dev=edu"))
        .containsExactly(
            "vfio_msihandler(e0)",
            "eventfd_signal(e0,1)",
            "kvm_msi_set_irq: dst 0 vec 65 (Fixed|physical|edge)",
            "kvm_apic_accept_irq: apicid 0 vec 65 (Fixed|edge)")
        .inOrder();
  }

  @Test
  void aPairingIsMade() {
    assertThat(
            traceOfLast(
                "x86-remapped",
                "vm.new vm=v0",
                "vm.irqchip vm=v0",
                "dev.open dev=edu",
                "ef.new fd=e0",
                "vfio.set_irqs dev=edu index=MSI flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1"
                    + " fds=e0",
                "kvm.irqfd vm=v0 fd=e0 gsi=24"))
        .containsExactly(
            "irq_bypass_register_consumer(e0)",
            "kvm_arch_irq_bypass_stop(e0)",
            "kvm_arch_irq_bypass_add_producer(e0)",
            "kvm_arch_irq_bypass_add_producer=0",
            "kvm_arch_irq_bypass_start(e0)",
            "irq_bypass_register_consumer=0")
        .inOrder();
  }

  @Test
  void aLineThroughTheControllersAndBack() {
    String[] setUp = {
      "vm.new vm=v0",
      "vm.irqchip vm=v0",
      "vm.vcpu vm=v0 vcpu=0",
      "kvm.lapic_setup vm=v0",
      "kvm.ioapic_pin vm=v0 pin=10 vector=0x55 level=1",
      "kvm.irq_line vm=v0 gsi=10 level=1"
    };
    assertThat(traceOfLast("x86-remapped", setUp))
        .containsExactly(
            "kvm_set_irq: gsi 10 level 1 source 0",
            "kvm_pic_set_irq: chip 1 pin 2 (edge)",
            "kvm_apic_accept_irq: apicid 0 vec 85 (Fixed|level)",
            "kvm_ioapic_set_irq: pin 10 dst 0 vec 85 (Fixed|physical|level)");
  }

  @Test
  void descriptorsGoByName() {
    assertThat(
            traceOfLast(
                "x86-remapped",
                "dev.open dev=edu",
                "vfio.set_irqs dev=edu index=MSI flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1"
                    + " fds=never"))
        .containsAtLeast("vfio_msi_set_vector_signal(0,unopened)", "vfio_msi_set_vector_signal=-9");
  }

  @Test
  void aWiredInterruptOnArm() {
    assertThat(
            traceOfLast(
                "arm64-gicv3",
                "dev.open dev=rtc",
                "ef.new fd=e0",
                "vfio.set_irqs dev=rtc index=0 flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1"
                    + " fds=e0",
                "pl031.raise dev=rtc"))
        .containsExactly(
            "vfio_automasked_irq_handler", "eventfd_signal(e0,1)", "vfio_automasked_irq_handler=1")
        .inOrder();
  }
}
