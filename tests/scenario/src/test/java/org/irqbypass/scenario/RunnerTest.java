package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertThat;
import static java.util.Objects.requireNonNull;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.irqbypass.eventfd.EventfdEvent;
import org.irqbypass.host.Trigger;
import org.irqbypass.registry.ConnectPolicy;
import org.junit.jupiter.api.Test;

/** Each family of operations, at the runner. */
class RunnerTest {
  private static final ImmutableMap<String, DeviceDescription> DEVICES =
      ImmutableMap.of(
          "nic", new DeviceDescription(1, 1, 5, 1, 1, true, 0, null, false),
          "edu", new DeviceDescription(1, 1, 0, 0, 1, false, 0, null, false),
          "rtc",
              new DeviceDescription(0, 0, 0, 0, 0, true, 0, ImmutableList.of(Trigger.LEVEL), true));

  private final Runner runner = on("x86-remapped", KernelProfile.LINUX_6_17);

  private static Runner on(String platform, KernelProfile profile) {
    return new Runner(
        SimulatedHost.create(
            new HostOptions(platform, profile, ConnectPolicy.OPPORTUNISTIC, DEVICES, false, true)));
  }

  private Outcome run(String operation) {
    return runner.run(Operation.parse(operation));
  }

  private String result(String operation) {
    return run(operation).result();
  }

  private Object out(String operation, String name) {
    Outcome outcome = run(operation);
    assertThat(outcome.succeeded()).isTrue();
    return requireNonNull(outcome.out().get(name), name);
  }

  @Test
  void theVocabularyIsCoveredByTheRunnersOfBothArchitectures() {
    Runner arm = on("arm64-gicv3", KernelProfile.LINUX_6_17);
    for (String name : Vocabulary.all().keySet()) {
      assertThat(runner.knows(name) || arm.knows(name)).isTrue();
    }
  }

  @Test
  void eventfdsAreCountersWithNames() {
    assertThat(result("ef.new fd=e0 init=3")).isEqualTo("0");
    assertThat(result("ef.write fd=e0 value=0xfffffffffffffffe")).isEqualTo("-1 EAGAIN");
    assertThat(result("ef.write fd=e0")).isEqualTo("0");
    assertThat(out("ef.poll fd=e0", "revents")).isEqualTo(5L);
    assertThat(out("ef.read fd=e0", "value")).isEqualTo(4L);
    assertThat(result("ef.read fd=e0")).isEqualTo("-1 EAGAIN");
    assertThat(result("ef.new fd=s flags=SEMAPHORE init=2")).isEqualTo("0");
    assertThat(out("ef.read fd=s", "value")).isEqualTo(1L);
    assertThat(result("ef.close fd=e0")).isEqualTo("0");
    for (String closed : new String[] {"ef.read fd=e0", "ef.close fd=e0", "ef.write fd=never"}) {
      assertThat(result(closed)).isEqualTo("-1 EBADF");
    }
    assertThat(result("ef.read fd=null")).isEqualTo("-1 EINVAL");
  }

  @Test
  void aNameUsedAgainGetsANumber() {
    run("ef.new fd=e0");
    run("ef.close fd=e0");
    run("ef.new fd=e0");
    Descriptors names = runner.host().descriptors();
    assertThat(names.nameOf(runner.host().descriptorTable().eventfd(names.fd("e0"))))
        .isEqualTo("e0#2");
  }

  @Test
  void devicesOpenWithTheirGroups() {
    assertThat(out("dev.open dev=nic", "group_flags")).isEqualTo(1L);
    assertThat(out("dev.open dev=nic", "dup")).isEqualTo(1L);
    assertThat(result("grp.open dev=nic")).isEqualTo("-1 EBUSY");
    assertThat(out("pci.cmd dev=nic", "cmd")).isEqualTo(0x107L);
    assertThat(result("dev.close dev=nic")).isEqualTo("0");
    assertThat(result("pci.cmd dev=nic")).isEqualTo("-1 EBADF");
    assertThat(result("vfio.reset dev=nic")).isEqualTo("-1 EBADF");
    run("dev.open dev=nic master=0");
    run("pci.cmd dev=nic clear=4 set=0x400");
    assertThat(out("pci.cmd dev=nic", "cmd")).isEqualTo(0x503L);
    assertThat(out("cfg.read dev=nic off=4 size=2", "val")).isEqualTo(0x503L);
    run("cfg.write dev=nic off=4 size=2 val=0x103");
    assertThat(out("cfg.read dev=nic off=4 size=4", "val")).isEqualTo(0x103L);
  }

  @Test
  void vfioAnswersWhatTheDeviceHas() {
    run("dev.open dev=nic");
    Outcome info = run("vfio.irq_info dev=nic index=MSIX");
    assertThat(info.out()).containsEntry("count", 5L);
    assertThat(info.out()).containsEntry("flag_names", ImmutableList.of("EVENTFD", "NORESIZE"));
    assertThat(out("vfio.info dev=nic", "num_irqs")).isEqualTo(5L);
    assertThat(result("vfio.info dev=nic argsz=15")).isEqualTo("-1 EINVAL");
    run("dev.open dev=edu");
    assertThat(result("vfio.irq_info dev=edu index=ERR")).isEqualTo("-1 EINVAL");
    assertThat(result("vfio.reset dev=edu")).isEqualTo("-1 EINVAL");
    Outcome bad =
        run("vfio.set_irqs dev=edu index=MSI flags=DATA_EVENTFD|64 start=0 count=1 fds=-1");
    assertThat(bad.result()).isEqualTo("-1 EINVAL");
    assertThat(bad.out()).containsExactly("argsz", 24L, "flags", 68L);
  }

  @Test
  void anyDeviceRaisesAnyInterruptItHas() {
    run("dev.open dev=nic");
    run("ef.new fd=e0");
    run(
        "vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=3 count=1 fds=e0");
    Outcome raised = run("irq.raise dev=nic index=MSIX vector=3");
    assertThat(raised.events().stream().anyMatch(EventfdEvent.Signal.class::isInstance)).isTrue();
    assertThat(out("ef.read fd=e0", "value")).isEqualTo(1L);
    assertThat(complaint("irq.raise dev=nic index=MSIX vector=5"))
        .contains("vector of irq.raise is \"5\", expected an interrupt that it has");
    assertThat(complaint("irq.raise dev=edu index=MSIX vector=0")).contains("index of irq.raise");
    assertThat(complaint("irq.raise dev=card index=MSI"))
        .contains("expected a device: nic, edu, rtc");
  }

  @Test
  void theTeachingDeviceKeepsItsStatus() {
    assertThat(result("edu.raise dev=edu")).isEqualTo("-1 EBADF");
    run("dev.open dev=edu");
    run("ef.new fd=e0");
    run("vfio.set_irqs dev=edu index=MSI flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1 fds=e0");
    run("edu.raise dev=edu value=4");
    run("edu.raise dev=edu value=1");
    assertThat(out("edu.status dev=edu", "val")).isEqualTo(5L);
    assertThat(out("ef.read fd=e0", "value")).isEqualTo(2L);
    run("edu.ack dev=edu");
    assertThat(out("edu.status dev=edu", "val")).isEqualTo(0L);
  }

  @Test
  void theCardClearsCausesBySendingThem() {
    run("dev.open dev=nic");
    run("e1000e.msix_setup dev=nic");
    run("e1000e.msix_raise dev=nic vector=1");
    assertThat(out("e1000e.intx_ack dev=nic", "icr")).isEqualTo(0x80200000L);
    assertThat(out("e1000e.intx_ack dev=nic", "icr")).isEqualTo(0L);
    run("ef.new fd=e0");
    run(
        "vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=1 count=1 fds=e0");
    run("e1000e.msix_raise dev=nic vector=1");
    assertThat(out("ef.read fd=e0", "value")).isEqualTo(1L);
    assertThat(out("e1000e.intx_ack dev=nic", "icr")).isEqualTo(0x80000000L);
    assertThat(complaint("e1000e.msix_raise dev=nic vector=7"))
        .contains("expected less than the 5 that the device has causes for");
    run("dev.open dev=rtc");
    assertThat(complaint("edu.raise dev=rtc")).contains("dev of edu.raise is \"rtc\"");
  }

  @Test
  void theClockDrivesItsLine() {
    run("dev.open dev=rtc");
    run("ef.new fd=e0");
    run("vfio.set_irqs dev=rtc index=0 flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1 fds=e0");
    run("pl031.raise dev=rtc imsc=0");
    assertThat(result("ef.read fd=e0")).isEqualTo("-1 EAGAIN");
    run("pl031.imsc dev=rtc val=1");
    assertThat(out("ef.read fd=e0", "value")).isEqualTo(1L);
    assertThat(run("pl031.status dev=rtc").out()).containsExactly("ris", 1L, "mis", 1L, "imsc", 1L);
    run("vfio.reset dev=rtc");
    assertThat(run("pl031.status dev=rtc").out()).containsExactly("ris", 0L, "mis", 0L, "imsc", 0L);
  }

  @Test
  void virtualMachinesHaveNames() {
    assertThat(result("vm.irqchip vm=v0")).isEqualTo("-1 EBADF");
    run("vm.new vm=v0");
    assertThat(result("vm.irqchip vm=v0")).isEqualTo("0");
    assertThat(result("vm.vcpu vm=v0 vcpu=0")).isEqualTo("0");
    assertThat(result("vm.vcpu vm=v0 vcpu=0")).isEqualTo("-1 EEXIST");
    assertThat(result("vm.cap vm=v0 cap=25")).isEqualTo("4096");
    assertThat(result("vm.close vm=v0 all=0")).isEqualTo("0");
    assertThat(result("kvm.routing vm=v0")).isEqualTo("-1 EBADF");
    assertThat(result("kvm.lapic vm=v0")).isEqualTo("0");
  }

  @Test
  void routingIsWrittenInEntries() {
    run("vm.new vm=v0");
    run("vm.irqchip vm=v0");
    assertThat(result("kvm.routing vm=v0 entries=msi:24:0xfee00000:0x41:0:0:0;irqchip:10:2:10;"))
        .isEqualTo("0");
    assertThat(result("kvm.routing vm=v0 nr=4097")).isEqualTo("-1 EINVAL");
    assertThat(result("kvm.routing vm=v0 entries=irqchip:0:2:1 nr=0")).isEqualTo("0");
    assertThat(result("kvm.routing vm=v0 fill=4096 fill_base=0")).isEqualTo("0");
    assertThat(result("kvm.routing vm=v0 fill=1 fill_base=4096")).isEqualTo("-1 EINVAL");
    assertThat(result("kvm.routing vm=v0 entries=7:1")).isEqualTo("-1 EINVAL");
    assertThat(result("kvm.routing vm=v0 entries=hv_sint:5:0:2")).isEqualTo("-1 EINVAL");
    for (String wrong : new String[] {"msi:1", "irqchip:1:2:3:4:5", "msi:x:1:1", "frob:1:1"}) {
      assertThat(complaint("kvm.routing vm=v0 entries=" + wrong)).contains("expected msi:GSI:LO");
    }
  }

  @Test
  void guestsTakeAndEnd() {
    run("vm.new vm=v0");
    run("vm.irqchip vm=v0");
    run("vm.vcpu vm=v0 vcpu=0");
    run("kvm.lapic_setup vm=v0");
    run("guest.enter vm=v0 vcpu=0");
    assertThat(out("guest.take vm=v0 vcpu=0", "none")).isEqualTo(1L);
    assertThat(result("kvm.signal_msi vm=v0 data=0x41")).isEqualTo("1");
    assertThat(result("kvm.signal_msi vm=v0 data=0x52")).isEqualTo("1");
    assertThat(out("kvm.lapic vm=v0", "irr")).isEqualTo(ImmutableList.of(0x41L, 0x52L));
    assertThat(out("guest.take vm=v0 vcpu=0", "vector")).isEqualTo(0x52L);
    run("guest.end vm=v0 vcpu=0");
    assertThat(out("guest.run vm=v0 vcpu=0", "vectors")).isEqualTo(ImmutableList.of(0x41L));
    assertThat(result("guest.end vm=v0 vcpu=0")).isEqualTo("0");
    assertThat(result("kvm.eoi vm=v0")).isEqualTo("-1 EINVAL");
    run("kvm.signal_msi vm=v0 data=0x41");
    assertThat(out("kvm.eoi vm=v0", "vector")).isEqualTo(0x41L);
  }

  @Test
  void pinsAreProgrammed() {
    run("vm.new vm=v0");
    assertThat(result("kvm.ioapic_pin vm=v0 pin=10 vector=0x55")).isEqualTo("-1 ENXIO");
    run("vm.irqchip vm=v0");
    run("kvm.ioapic_pin vm=v0 pin=10 vector=0x55 level=1");
    run("guest.ioapic_pin vm=v0 pin=9 vector=0x61 mask=1");
    assertThat(out("kvm.get_irqchip vm=v0 chip=ioapic", "redir"))
        .isEqualTo(ImmutableMap.of("9", "0x10061", "10", "0x8055"));
    run("guest.pic_pin vm=v0 chip=1 pin=2 level=1 mask=1");
    Outcome pic = run("kvm.get_irqchip vm=v0 chip=pic1");
    assertThat(pic.out()).containsEntry("imr", 4L);
    assertThat(pic.out()).containsEntry("elcr", 4L);
    assertThat(result("kvm.get_irqchip vm=v0 chip=3")).isEqualTo("-1 EINVAL");
    assertThat(complaint("kvm.ioapic_pin vm=v0 pin=24 vector=1")).contains("expected 0 to 23");
  }

  @Test
  void theKvmVfioDeviceTakesGroups() {
    run("vm.new vm=v0");
    run("grp.open dev=nic");
    assertThat(result("kv.create vm=v0 kv=k0 test=1")).isEqualTo("0");
    assertThat(result("kv.set kv=k0 attr=ADD fd=grp:nic")).isEqualTo("-1 EBADF");
    assertThat(result("kv.create vm=v0 kv=k0")).isEqualTo("0");
    assertThat(result("kv.create vm=v0 kv=k1")).isEqualTo("-1 EBUSY");
    assertThat(result("kv.create vm=v0 kv=k1 type=99")).isEqualTo("-1 ENODEV");
    assertThat(result("kv.set kv=k0 attr=ADD addr=0")).isEqualTo("-1 EFAULT");
    assertThat(result("kv.set kv=k0 attr=ADD fd=grp:nic")).isEqualTo("0");
    assertThat(result("kv.set kv=k0 attr=ADD fd=grp:nic")).isEqualTo("-1 EEXIST");
    assertThat(result("kv.has kv=k0 group=DEVICE attr=FORWARD")).isEqualTo("-1 ENXIO");
    assertThat(result("kv.get kv=k0 attr=ADD")).isEqualTo("-1 EPERM");
    assertThat(result("kv.close kv=k0")).isEqualTo("0");
  }

  @Test
  void releasedLinuxHasNoExplicitAttributesEvenWhereHardwarePosts() {
    Runner posted = on("x86-posted", KernelProfile.LINUX_6_17);
    posted.run(Operation.parse("vm.new vm=v0"));
    posted.run(Operation.parse("kv.create vm=v0 kv=k0"));
    assertThat(posted.run(Operation.parse("kv.has kv=k0 group=DEVICE attr=FORWARD")).result())
        .isEqualTo("-1 ENXIO");
  }

  @Test
  void explicitAttributesAreWrittenWithDeviceAndGsis() {
    Runner posted = on("x86-posted", KernelProfile.LINUX_6_17.withExplicitForwarding());
    for (String step :
        new String[] {
          "vm.new vm=v0",
          "vm.irqchip vm=v0",
          "vm.vcpu vm=v0 vcpu=0",
          "kvm.routing vm=v0 entries=msi:24:0xfee00000:0x41;msi:25:0xfee00000:0x42",
          "dev.open dev=nic",
          "kv.create vm=v0 kv=k0",
          "kv.set kv=k0 attr=ADD fd=grp:nic",
          "kv.set kv=k0 group=DEVICE attr=FORWARD dev=nic index=MSIX start=1 gsis=24,25",
          "kv.set kv=k0 group=DEVICE attr=UNFORWARD dev=nic index=MSIX start=1 count=2",
        }) {
      assertThat(posted.run(Operation.parse(step)).result()).isEqualTo("0");
    }
    assertThat(
            posted
                .run(
                    Operation.parse(
                        "kv.set kv=k0 group=DEVICE attr=FORWARD dev=nic index=REQ start=0 gsis=24"))
                .result())
        .isEqualTo("-1 EINVAL");
  }

  @Test
  void theRegistryIsCalledDirectly() {
    run("byp cmd=rp slot=0 token=1");
    assertThat(out("byp cmd=rc slot=0 token=1 flags=s", "calls"))
        .isEqualTo(
            ImmutableList.of(
                "prod0.stop",
                "prod0.add_consumer(cons0)=0",
                "cons0.add_producer(prod0)=0",
                "cons0.start",
                "prod0.start"));
    Outcome failed = run("byp cmd=rc slot=1 token=1");
    assertThat(failed.result()).isEqualTo("-1 EBUSY");
    assertThat(failed.out()).containsExactly("calls", ImmutableList.of());
    assertThat(result("byp cmd=rp slot=0 token=1")).isEqualTo("-1 EINVAL");
    assertThat(complaint("byp cmd=rp slot=8 token=1")).contains("expected 0 to 7");
  }

  @Test
  void deferredWorkRunsUnlessItIsAStepOfItsOwn() {
    run("vm.new vm=v0");
    run("vm.irqchip vm=v0");
    run("vm.vcpu vm=v0 vcpu=0");
    run("kvm.lapic_setup vm=v0");
    run("kvm.ioapic_pin vm=v0 pin=10 vector=0x55");
    run("ef.new fd=e0");
    run("kvm.irqfd vm=v0 fd=e0 gsi=10");
    runner.runAlone(Operation.parse("ef.write fd=e0"));
    assertThat(out("kvm.lapic vm=v0", "irr")).isEqualTo(ImmutableList.of());
    runner.runAlone(Operation.parse("ef.write fd=e0"));
    runner.runAlone(Operation.parse("work.run work=nothing_of_that_name"));
    assertThat(runner.host().workQueue().queued()).isNotEmpty();
    runner.runAlone(Operation.parse("work.run work=irqfd_inject"));
    assertThat(runner.host().workQueue().queued()).isEmpty();
    assertThat(out("kvm.lapic vm=v0", "irr")).isEqualTo(ImmutableList.of(0x55L));
  }

  @Test
  void teardownClosesWhatIsLeft() {
    run("dev.open dev=nic");
    run("dev.open dev=rtc");
    run("vm.new vm=v0");
    run("vm.irqchip vm=v0");
    run("vm.vcpu vm=v0 vcpu=0");
    run("kv.create vm=v0 kv=k0");
    run("ef.new fd=e0");
    run("ef.new fd=e0");
    run("kvm.irqfd vm=v0 fd=e0 gsi=24");
    run("ef.read fd=null");
    run("byp cmd=rp slot=0 token=1");
    run("teardown");
    assertThat(runner.host().descriptorTable().open()).isEqualTo(1); // what null stands for
  }

  @Test
  void whatAnArchitectureLacksIsSaid() {
    assertThat(complaint("vm.vgic vm=v0"))
        .isEqualTo("operation:1:1: vm.vgic cannot be done on platform x86-remapped");
    run("dev.open dev=rtc");
    assertThat(complaint("pci.cmd dev=rtc")).contains("dev of pci.cmd is \"rtc\"");
  }

  @Test
  void untracedHostsKeepNoEvents() {
    Runner silent = new Runner(SimulatedHost.create(runner.host().options().withTracing(false)));
    silent.run(Operation.parse("byp cmd=rp slot=0 token=1"));
    assertThat(silent.run(Operation.parse("byp cmd=rc slot=0 token=1")).events()).isEmpty();
    run("byp cmd=rp slot=0 token=1");
    assertThat(run("byp cmd=rc slot=0 token=1").events()).isNotEmpty();
  }

  @Test
  void hostsKnowNothingOfEachOther() {
    Runner other = on("x86-remapped", KernelProfile.LINUX_6_17);
    run("ef.new fd=e0");
    assertThat(other.run(Operation.parse("ef.read fd=e0")).result()).isEqualTo("-1 EBADF");
  }

  private String complaint(String operation) {
    return String.valueOf(assertThrows(InputException.class, () -> run(operation)).getMessage());
  }
}
