package org.irqbypass.fuzz;

import static com.google.common.truth.Truth.assertWithMessage;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Maps;
import com.google.common.hash.HashCode;
import java.nio.ByteBuffer;
import java.util.Arrays;
import java.util.Objects;
import org.irqbypass.comparison.explore.StateFingerprint;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.Irqfd;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.KvmDevice;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.Vm;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.scenario.DeviceDescription;
import org.irqbypass.scenario.HostOptions;
import org.irqbypass.scenario.InputException;
import org.irqbypass.scenario.KernelProfile;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.Outcome;
import org.irqbypass.scenario.Platforms;
import org.irqbypass.scenario.Position;
import org.irqbypass.scenario.Runner;
import org.irqbypass.scenario.SimulatedHost;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.VfioDevice;
import org.jspecify.annotations.Nullable;

/** A host with one of everything, to be given what nobody would send. For one thread. */
final class Subject {
  /** What there is: a card, a teaching device with one MSI, a platform device. */
  static final ImmutableMap<String, DeviceDescription> DEVICES =
      ImmutableMap.of(
          "nic", new DeviceDescription(1, 2, 4, 1, 1, true, 0, null, false),
          "edu", new DeviceDescription(1, 1, 0, 0, 1, false, 1, null, false),
          "rtc",
              new DeviceDescription(
                  0, 0, 0, 0, 0, true, 0, ImmutableList.of(Trigger.LEVEL, Trigger.EDGE), true));

  private static final ImmutableList<String> PLATFORMS = Platforms.existing().asList();

  /** Those with which VFIO and KVM register by themselves. */
  private static final ImmutableList<ConnectPolicy> POLICIES =
      ImmutableList.of(
          ConnectPolicy.OPPORTUNISTIC,
          ConnectPolicy.RETRY,
          ConnectPolicy.DISABLED,
          ConnectPolicy.REQUIRED);

  /**
   * So many calls are made of one input: longer ones find nothing that several short ones do not.
   */
  static final int MOST_CALLS = 4;

  /** What is several calls, of which those before the refused one have done what they do. */
  private static final ImmutableSet<String> SEVERAL_CALLS =
      ImmutableSet.of("byp", "vm.vgic", "teardown", "exit", "dev.open", "grp.open");

  /** What may have happened before, by bits of an input's byte. */
  private static final ImmutableList<ImmutableList<Operation>> BEFORE =
      ImmutableList.of(
          operations(
              "vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=2"
                  + " fds=e0,e1",
              "irq.raise dev=nic index=MSIX vector=0"),
          operations(
              "vfio.set_irqs dev=edu index=INTX flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1"
                  + " fds=e2",
              "irq.raise dev=edu index=INTX level=1"),
          operations(
              "vfio.set_irqs dev=rtc index=0 flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1"
                  + " fds=e2",
              "irq.raise dev=rtc index=0 level=1"),
          operations(
              "kvm.irqfd vm=v0 fd=e0 gsi=24",
              "kvm.irqfd vm=v0 fd=e2 gsi=10 flags=RESAMPLE resamplefd=e3"),
          operations("kvm.routing vm=v0 entries=msi:24:0xfee00000:0x41;irqchip:10:2:10"),
          operations(
              "kv.set kv=k0 attr=ADD fd=grp:nic",
              "kv.set kv=k0 group=DEVICE attr=FORWARD dev=nic index=MSIX start=0 gsis=24"),
          operations(
              "kv.set kv=k0 attr=ADD fd=grp:rtc",
              "kv.set kv=k0 group=DEVICE attr=FORWARD dev=rtc index=0 start=0 gsis=10"),
          operations("guest.enter vm=v0 vcpu=0", "dev.close dev=rtc"));

  /** What a byte may raise, by source, and of each by how. */
  private static final ImmutableList<ImmutableList<Operation>> RAISES =
      ImmutableList.of(
          operations("irq.raise dev=nic index=MSIX vector=0"),
          operations(
              "irq.raise dev=edu index=INTX level=0", "irq.raise dev=edu index=INTX level=1"),
          operations("irq.raise dev=rtc index=0 level=0", "irq.raise dev=rtc index=0 level=1"),
          operations("ef.write fd=e0", "ef.write fd=e1", "ef.write fd=e2", "ef.write fd=e3"));

  private static final Operation GUEST_RUNS = Operation.parse("guest.run vm=v0 vcpu=0");

  /** What is there when an input comes. */
  private static final ImmutableMap<String, ImmutableList<Operation>> SET_UP =
      Maps.toMap(PLATFORMS, Subject::setUp);

  private final Runner runner;

  /** The state, if nothing has happened since it was taken. */
  private @Nullable HashCode known;

  private Subject(Runner runner) {
    this.runner = runner;
  }

  /** The host that an input's first bytes choose, with what they say has happened. */
  static Subject of(Choices input) {
    int choice = input.next();
    String platform = PLATFORMS.get(choice % PLATFORMS.size());
    int way = choice / PLATFORMS.size();
    KernelProfile released = way % 2 == 0 ? KernelProfile.LINUX_6_17 : KernelProfile.LINUX_6_1;
    KernelProfile profile =
        way / 2 % 2 == 0 ? released.withExplicitForwarding().withWiredProducers() : released;
    ConnectPolicy policy = POLICIES.get(way / 4 % POLICIES.size());
    SimulatedHost host =
        SimulatedHost.create(new HostOptions(platform, profile, policy, DEVICES, false, false));
    Subject subject = new Subject(new Runner(host));
    Objects.requireNonNull(SET_UP.get(platform)).forEach(subject::done);
    return subject;
  }

  private static ImmutableList<Operation> setUp(String platform) {
    String machine =
        platform.startsWith("x86")
            ? "vm.irqchip vm=v0"
            : "vm.vgic vm=v0 vcpus=2 its=" + (platform.endsWith("2") ? 0 : 1);
    return operations(
        "ef.new fd=e0", // descriptors 0 to 3
        "ef.new fd=e1",
        "ef.new fd=e2",
        "ef.new fd=e3",
        "dev.open dev=nic",
        "dev.open dev=edu",
        "dev.open dev=rtc",
        "vm.new vm=v0",
        machine,
        platform.startsWith("x86") ? "vm.vcpu vm=v0 vcpu=0" : "lpi.enable vm=v0",
        platform.startsWith("x86") ? "kvm.lapic_setup vm=v0" : "spi.cfg vm=v0 spi=10 enable=1",
        "kv.create vm=v0 kv=k0");
  }

  /** Read once: most of the time would go into reading otherwise. */
  private static ImmutableList<Operation> operations(String... texts) {
    return Arrays.stream(texts).map(Operation::parse).collect(ImmutableList.toImmutableList());
  }

  /** Lets happen what a byte of the input chooses. */
  void before(int choice) {
    for (int bit = 0; bit < BEFORE.size(); bit++) {
      if ((choice & 1 << bit) != 0) {
        BEFORE.get(bit).forEach(this::done);
      }
    }
  }

  private void done(Operation operation) {
    known = null;
    runner.run(operation);
  }

  Runner runner() {
    return runner;
  }

  SimulatedHost host() {
    return runner.host();
  }

  VfioDevice device(String name) {
    return Objects.requireNonNull(host().devices().get(name)).vfio();
  }

  Vm vm() {
    return host().kvm().vm(host().descriptors().fd("vm:v0"));
  }

  KvmDevice kvmVfio() {
    return host().kvm().device(host().descriptors().fd("kv:k0"));
  }

  /** The state, which a call that is about to be made may change. */
  private HashCode stateBefore() {
    HashCode before = known == null ? state() : known;
    known = null;
    return before;
  }

  /** The state, once the vCPUs that were asked to leave guest mode are back in it. */
  private HashCode state() {
    host().descriptors().openOf("vcpu").forEach(this::goOn);
    return StateFingerprint.of(runner);
  }

  private void goOn(String name) {
    Vcpu vcpu;
    try {
      vcpu = host().kvm().vcpu(host().descriptors().fd(name));
    } catch (ErrnoException otherFile) {
      return; // its number was closed
    }
    if (vcpu.isRunning() && !vcpu.isInGuestMode()) {
      vcpu.leave();
      vcpu.enter();
    }
  }

  /**
   * That a call which was refused has changed nothing. An attempt to connect may have stopped the
   * guest, which then goes on.
   */
  private void assertUnchanged(HashCode before, Object what, String refusal) {
    assertWithMessage("state after %s was refused: %s", what, refusal)
        .that(state())
        .isEqualTo(before);
    known = before;
  }

  /** Makes a call that may be refused, and changes nothing if it is. */
  void call(Object what, Runnable call) {
    HashCode before = stateBefore();
    try {
      call.run();
    } catch (ErrnoException refused) {
      assertUnchanged(before, what, String.valueOf(refused.getMessage()));
    }
    if (!host().workQueue().queued().isEmpty()) {
      known = null;
      host().workQueue().runAll();
    }
  }

  /**
   * Configures interrupts, which may be refused, and changes nothing if it is; but a trigger that
   * is replaced has gone before the new descriptor is looked at, as in Linux.
   */
  void setIrqs(VfioDevice device, ByteBuffer set) {
    if (set.remaining() < IrqSet.HEADER_SIZE
        || IrqSet.read(set).flags() != (IrqSet.DATA_EVENTFD | IrqSet.ACTION_TRIGGER)) {
      call(device, () -> device.setIrqs(set));
      return;
    }
    known = null;
    try {
      device.setIrqs(set);
    } catch (ErrnoException refused) {
      assertWithMessage("work of a refused call").that(host().workQueue().queued()).isEmpty();
    }
    host().workQueue().runAll();
  }

  /**
   * Binds or unbinds, which may be refused, and changes nothing if it is; but on Arm one with a
   * resampler has lowered its line, whoever raised it, as in Linux, which knows no sources there.
   */
  void irqfd(ByteBuffer irqfd) {
    if (!isArm() || !hasResampler(irqfd)) {
      call("KVM_IRQFD", () -> vm().irqfd(irqfd));
      return;
    }
    ImmutableList<Irqfd> before = vm().irqfds();
    known = null;
    try {
      vm().irqfd(irqfd);
    } catch (ErrnoException refused) {
      assertWithMessage("irqfds after a refusal").that(vm().irqfds()).isEqualTo(before);
    }
    host().workQueue().runAll();
  }

  /** By the third word of {@code struct kvm_irqfd}. */
  private static boolean hasResampler(ByteBuffer irqfd) {
    return irqfd.remaining() >= 3 * Integer.BYTES
        && (irqfd.getInt(irqfd.position() + 2 * Integer.BYTES) & IrqfdRequest.RESAMPLE) != 0;
  }

  private boolean isArm() {
    return host().options().platform().startsWith("arm64");
  }

  /** Performs an operation, which may be refused or make no sense, and changes nothing if it is. */
  void perform(Operation operation) {
    HashCode before = stateBefore();
    Outcome outcome;
    try {
      outcome = runner.run(operation);
    } catch (InputException complaint) {
      assertWithMessage("%s", operation).that(complaint.position()).isEqualTo(Position.NONE);
      return; // where a program would end
    }
    if (!outcome.succeeded() && mayInitialize(operation)) {
      before = state();
      outcome = runner.run(operation);
    }
    if (!outcome.succeeded() && !leavesTraces(operation)) {
      assertUnchanged(before, operation, outcome.result());
    }
  }

  /**
   * The first interrupt that is injected initializes a GICv2 ({@code vgic_lazy_init()}), before it
   * is looked whether there is such an interrupt. So it is injected twice.
   */
  private boolean mayInitialize(Operation operation) {
    return operation.name().equals("kvm.irq_line")
        && host().options().platform().equals("arm64-gicv2");
  }

  private boolean leavesTraces(Operation operation) {
    String name = operation.name();
    return SEVERAL_CALLS.contains(name)
        || name.endsWith(".close") // a name goes, also where its number has gone before
        || (name.equals("kvm.irqfd") && isArm() && operation.text("flags", "").contains("RESAMPLE"))
        || (name.equals("vfio.set_irqs")
            && operation.text("flags").contains("DATA_EVENTFD")
            && operation.text("flags").contains("ACTION_TRIGGER"));
  }

  /** Raises the interrupt that a byte of the input chooses, or none, and lets the guest run. */
  void raise(int choice) {
    int source = choice % (RAISES.size() + 1);
    if (source == 0) {
      return;
    }
    ImmutableList<Operation> raises = RAISES.get(source - 1);
    done(raises.get(choice / (RAISES.size() + 1) % raises.size()));
    done(GUEST_RUNS);
  }

  /** Closes everything, after which no work is left. */
  void end() {
    runner.run(Operation.of("teardown"));
    assertWithMessage("work left").that(host().workQueue().queued()).isEmpty();
    assertWithMessage("listeners that failed").that(host().trace().failures()).isEqualTo(0);
  }
}
