package org.irqbypass.kvm.x86;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.KvmHost.APIC_0;
import static org.irqbypass.kvm.KvmHost.assertErrno;
import static org.irqbypass.kvm.KvmHost.irr;
import static org.irqbypass.kvm.KvmHost.msi;
import static org.irqbypass.kvm.KvmHost.route;
import static org.irqbypass.kvm.KvmHost.vcpu;

import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.BypassMode;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostIrqEvent;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.Raise;
import org.irqbypass.host.RemappingEntry;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.kvm.ExplicitForwarding;
import org.irqbypass.kvm.Irqfd;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.KvmEvent;
import org.irqbypass.kvm.KvmHost;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.kvm.Vm;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.BypassStatus;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.PrivateToken;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Posting through irqfds (semantics 6.1), and the regression list 13.1 to 13.5. */
class PostedBypassTest {
  private static final int GSI = 24;

  @RegisterExtension final KvmHost host = new KvmHost();
  private final Vm vm = host.vm(2);
  private final int fd = host.eventfd();
  private final KvmHost.Producer producer = host.produce(fd);
  private final HostIrq irq = producer.irq();

  private Irqfd assign() {
    return host.assign(vm, fd, GSI);
  }

  private BypassReason reason() {
    return host.irqfd(vm, fd, GSI).status().reason();
  }

  private void assertPostedTo(int vcpu, int vector) {
    assertThat(irq.isPosted()).isTrue();
    assertThat(irq.vcpuAffinity())
        .isEqualTo(new VcpuAffinity.Posted(vcpu(vm, vcpu).posted(), vector));
    assertThat(reason()).isEqualTo(BypassReason.BYPASSED);
  }

  @Test
  void aMessageToOneVcpuIsPosted() {
    route(vm, msi(GSI, 0x41));
    assign();
    assertPostedTo(0, 0x41);
    assertThat(irq.raise()).isEqualTo(Raise.POSTED);
    assertThat(irr(vm)).containsExactly(0x41);
    assertThat(vcpu(vm, 0).take()).isEqualTo(0x41);
    assertThat(host.context(fd).count()).isEqualTo(0);
  }

  @Test
  void whicheverSideComesLastConnects() {
    int late = host.eventfd();
    route(vm, msi(GSI, 0x41));
    host.assign(vm, late, GSI);
    assertThat(host.produce(late).irq().isPosted()).isTrue();
  }

  @Test
  void lowestPriorityIsPostedToo() {
    route(vm, RoutingEntry.msi(GSI, APIC_0, 0x141));
    assign();
    assertPostedTo(0, 0x41);
  }

  @Test
  void whatIsNoVectorIsNotPosted() {
    for (int mode : new int[] {0x200, 0x400, 0x500, 0x700}) {
      route(vm, RoutingEntry.msi(GSI, APIC_0, mode | 0x41));
      Irqfd irqfd = assign();
      assertThat(irqfd.status().state()).isEqualTo(BypassStatus.State.CONNECTED);
      assertThat(reason()).isEqualTo(BypassReason.DELIVERY_MODE);
      assertThat(irq.isPosted()).isFalse();
      vm.irqfd(IrqfdRequest.deassign(fd, GSI));
    }
  }

  @Test
  void broadcastAndUnknownDestinationsAreNotPosted() {
    for (int destination : new int[] {0xff, 7}) {
      route(vm, RoutingEntry.msi(GSI, APIC_0 | (long) destination << 12, 0x41));
      assign();
      assertThat(reason()).isEqualTo(BypassReason.SEVERAL_DESTINATIONS);
      assertThat(irq.isPosted()).isFalse();
      vm.irqfd(IrqfdRequest.deassign(fd, GSI));
    }
  }

  @Test
  void aBroadcastInAVmOfOneVcpuIsPosted() {
    Vm single = host.vm(1);
    int own = host.eventfd();
    route(single, RoutingEntry.msi(GSI, APIC_0 | 0xff << 12, 0x41));
    host.assign(single, own, GSI);
    assertThat(host.produce(own).irq().isPosted()).isTrue();
  }

  @Test
  void aLogicalDestinationIsPostedIfItMeansOne() {
    KvmHost.apic(vm, 0).setLogicalId(1, LocalApic.FLAT);
    KvmHost.apic(vm, 1).setLogicalId(2, LocalApic.FLAT);
    route(vm, RoutingEntry.msi(GSI, APIC_0 | 2 << 12 | 4, 0x41));
    assign();
    assertPostedTo(1, 0x41);
    route(vm, RoutingEntry.msi(GSI, APIC_0 | 3 << 12 | 4, 0x41));
    assertThat(reason()).isEqualTo(BypassReason.SEVERAL_DESTINATIONS);
    route(vm, RoutingEntry.msi(GSI, APIC_0 | 3 << 12 | 4, 0x141)); // lowest priority: one of them
    assertThat(reason()).isEqualTo(BypassReason.BYPASSED);
  }

  /** Regression: the bits were counted, not those who are there ({@code kvm_apic_match_dest()}). */
  @Test
  void aLogicalDestinationOfSeveralIsPostedWhereOneOfThemIsThere() {
    KvmHost.apic(vm, 0).setLogicalId(1, LocalApic.FLAT);
    KvmHost.apic(vm, 1).setLogicalId(2, LocalApic.FLAT);
    route(vm, RoutingEntry.msi(GSI, APIC_0 | 5 << 12 | 4, 0x41));
    assign();
    assertPostedTo(0, 0x41);
    assertThat(irq.raise()).isEqualTo(Raise.POSTED);
    assertThat(vcpu(vm, 0).take()).isEqualTo(0x41);
    // Lowest priority: the vector hashes to the one that is not there.
    route(vm, RoutingEntry.msi(GSI, APIC_0 | 6 << 12 | 4, 0x141));
    assertPostedTo(1, 0x41);
    route(vm, RoutingEntry.msi(GSI, APIC_0 | 4 << 12 | 4, 0x41));
    assertThat(reason()).isEqualTo(BypassReason.SEVERAL_DESTINATIONS);
    assertThat(irq.isPosted()).isFalse();
  }

  @Test
  void aPinConnectsAndIsNotPosted() {
    route(vm, RoutingEntry.irqchip(GSI, 2, 9));
    assertThat(assign().status().state()).isEqualTo(BypassStatus.State.CONNECTED);
    assertThat(reason()).isEqualTo(BypassReason.NOT_MSI);
    assertThat(host.events(HostIrqEvent.Programmed.class)).isEmpty();
  }

  @Test
  void noRouteAndSeveralRoutesAreTold() {
    assign();
    assertThat(reason()).isEqualTo(BypassReason.ROUTE_MISSING);
    route(vm, RoutingEntry.irqchip(GSI, 2, 9), RoutingEntry.irqchip(GSI, 0, 4));
    assertThat(reason()).isEqualTo(BypassReason.ROUTE_AMBIGUOUS);
  }

  @Test
  void aHostThatCannotPostConnectsAndSaysSo() {
    KvmHost remapped = KvmHost.remapped();
    Vm machine = remapped.vm(1);
    int own = remapped.eventfd();
    route(machine, msi(GSI, 0x41));
    Irqfd irqfd = remapped.assign(machine, own, GSI);
    assertThat(irqfd.status().reason()).isEqualTo(BypassReason.NO_PEER);
    KvmHost.Producer peer = remapped.produce(own);
    assertThat(irqfd.status().state()).isEqualTo(BypassStatus.State.CONNECTED);
    assertThat(irqfd.status().reason()).isEqualTo(BypassReason.HARDWARE_CANNOT);
    assertThat(peer.irq().isPosted()).isFalse();
    route(machine); // a route would not help
    assertThat(irqfd.status().reason()).isEqualTo(BypassReason.HARDWARE_CANNOT);
  }

  @Test
  void aNewRouteRetargets_remaps_andPostsAgain() {
    route(vm, msi(GSI, 0x41));
    assign();
    route(vm, msi(GSI, 1, 0x52));
    assertPostedTo(1, 0x52);
    route(vm, RoutingEntry.irqchip(GSI, 2, 9));
    assertThat(irq.isPosted()).isFalse();
    route(vm, msi(GSI, 0, 0x53));
    assertPostedTo(0, 0x53);
  }

  @Test
  void aTableThatRepeatsTheMessageProgramsNothing() {
    route(vm, msi(GSI, 0x41));
    assign();
    host.events.clear();
    route(vm, msi(GSI, 0x41), msi(30, 0x42));
    assertThat(host.events(KvmEvent.UpdateIrqfdRouting.class)).isEmpty();
    assertThat(host.events(HostIrqEvent.Programmed.class)).isEmpty();
  }

  @Test
  void aPairWithoutAMessageIsAskedAtEachTable_asRecorded() {
    route(vm, RoutingEntry.irqchip(GSI, 2, 9));
    assign();
    host.events.clear();
    route(vm, RoutingEntry.irqchip(GSI, 2, 9));
    route(vm);
    route(vm);
    assertThat(host.events(KvmEvent.UpdateIrqfdRouting.class)).hasSize(3);
    assertThat(host.events(HostIrqEvent.Programmed.class)).isEmpty();
  }

  @Test
  void anIrqfdWithoutProducerIsNotAskedAtAll() {
    int own = host.eventfd();
    host.assign(vm, own, 25);
    host.events.clear();
    route(vm, msi(25, 0x41));
    assertThat(host.events(KvmEvent.UpdateIrqfdRouting.class)).isEmpty();
  }

  @Test
  void onlyIrqfdsWhoseRouteChangedAreReprogrammed() {
    int other = host.eventfd();
    route(vm, msi(GSI, 0x41), msi(25, 0x42));
    assign();
    Irqfd second = host.assign(vm, other, 25);
    host.produce(other);
    host.events.clear();
    route(vm, msi(GSI, 0x41), msi(25, 0x43));
    assertThat(host.events(KvmEvent.UpdateIrqfdRouting.class))
        .containsExactly(new KvmEvent.UpdateIrqfdRouting(second));
  }

  @Test
  void theOrderOfConnectingIsStopAddStart() {
    route(vm, msi(GSI, 0x41));
    host.events.clear();
    assign();
    assertThat(host.eventNames(e -> e instanceof KvmEvent || e instanceof HostIrqEvent))
        .containsExactly(
            "BypassStop",
            "BypassAddProducer",
            "Programmed",
            "BypassAddProducerReturned",
            "BypassStart")
        .inOrder();
    host.events.clear();
    vm.irqfd(IrqfdRequest.deassign(fd, GSI));
    assertThat(host.eventNames(e -> e instanceof KvmEvent || e instanceof HostIrqEvent))
        .containsExactly(
            "IrqfdShutdown", "BypassStop", "BypassDelProducer", "Programmed", "BypassStart")
        .inOrder();
  }

  @Test
  void theProducersEndTakesTheInterruptBack() {
    route(vm, msi(GSI, 0x41));
    assign();
    host.registry.unregister(producer);
    assertThat(irq.isPosted()).isFalse();
    assertThat(reason()).isEqualTo(BypassReason.NO_PEER);
  }

  @Test
  void regression13_1_deassignWhilePostedTakesTheInterruptBack() {
    route(vm, msi(GSI, 0x41));
    assign();
    vm.irqfd(IrqfdRequest.deassign(fd, GSI));
    assertThat(irq.isPosted()).isFalse();
    assertThat(irq.vcpuAffinity()).isNull();
  }

  @Test
  void regression13_1_alsoWhenTheRouteWentFirst_orTheEventfdOrTheVmCloses() {
    int vmFd = host.kvm.createVm();
    Vm closing = host.kvm.vm(vmFd);
    closing.createIrqchip();
    closing.createVcpu(0);
    KvmHost.apic(closing, 0).setSpuriousVector(0x1ff);
    int first = host.eventfd();
    int second = host.eventfd();
    HostIrq one = host.produce(first).irq();
    HostIrq two = host.produce(second).irq();
    route(closing, msi(GSI, 0x41), msi(25, 0x42));
    host.assign(closing, first, GSI);
    host.assign(closing, second, 25);
    assertThat(one.isPosted() && two.isPosted()).isTrue();
    host.descriptors.close(first);
    host.work();
    assertThat(one.isPosted()).isFalse();
    host.descriptors.close(vmFd);
    assertThat(two.isPosted()).isFalse();
  }

  @Test
  void regression13_2_aFailedConnectLeavesNoProducerBehind() {
    Refusing platform = new Refusing();
    KvmHost strict = new KvmHost(platform, KvmRules.LINUX_6_17, ConnectPolicy.OPPORTUNISTIC);
    Vm machine = strict.vm(1);
    int own = strict.eventfd();
    strict.produce(own);
    route(machine, msi(GSI, 0x41));
    Irqfd irqfd = strict.assign(machine, own, GSI);
    assertThat(irqfd.status().reason()).isEqualTo(BypassReason.HARDWARE_CANNOT);
    assertThat(irqfd.status().errno()).isEqualTo(Errno.EIO);
    platform.calls = 0;
    route(machine, msi(GSI, 0x42)); // a dangling producer would be programmed here
    assertThat(platform.calls).isEqualTo(0);
    assertErrno(
        Errno.EIO,
        () -> {
          machine.irqfd(IrqfdRequest.deassign(own, GSI));
          machine.irqfd(IrqfdRequest.assign(own, GSI), ConnectPolicy.REQUIRED);
        });
  }

  @Test
  void regression13_3_aMissingRouteForcesRemapped() {
    route(vm, msi(GSI, 0x41));
    assign();
    route(vm);
    assertThat(irq.isPosted()).isFalse();
    assertThat(reason()).isEqualTo(BypassReason.ROUTE_MISSING);
  }

  @Test
  void regression13_4_afterAFailedConnectTheOtherSideCanComeAgain() {
    Refusing platform = new Refusing();
    KvmHost strict = new KvmHost(platform, KvmRules.LINUX_6_17, ConnectPolicy.OPPORTUNISTIC);
    Vm machine = strict.vm(1);
    int own = strict.eventfd();
    route(machine, msi(GSI, 0x41));
    strict.produce(own);
    strict.assign(machine, own, GSI);
    machine.irqfd(IrqfdRequest.deassign(own, GSI));
    platform.refuses = false;
    assertThat(strict.assign(machine, own, GSI).status().isBypassed()).isTrue();
  }

  @Test
  void regression13_5_startRunsAlsoAfterAFailedConnect() {
    KvmHost strict = new KvmHost(new Refusing(), KvmRules.LINUX_6_17, ConnectPolicy.OPPORTUNISTIC);
    Vm machine = strict.vm(1);
    int own = strict.eventfd();
    route(machine, msi(GSI, 0x41));
    strict.produce(own);
    strict.assign(machine, own, GSI);
    assertThat(strict.events(KvmEvent.BypassStart.class)).hasSize(1);
  }

  @Test
  void aRetargetThatFailsTakesTheInterruptBack() {
    Refusing platform = new Refusing();
    platform.refuses = false;
    KvmHost strict = new KvmHost(platform, KvmRules.LINUX_6_17, ConnectPolicy.OPPORTUNISTIC);
    Vm machine = strict.vm(1);
    int own = strict.eventfd();
    route(machine, msi(GSI, 0x41));
    KvmHost.Producer peer = strict.produce(own);
    strict.assign(machine, own, GSI);
    platform.refuses = true;
    route(machine, msi(GSI, 0x42));
    assertThat(peer.irq().isPosted()).isFalse();
    List<KvmEvent.UpdateIrqfdRoutingReturned> returned =
        strict.events(KvmEvent.UpdateIrqfdRoutingReturned.class);
    assertThat(returned.get(0).result()).isEqualTo(-Errno.EIO.number());
  }

  /** Regression: the unbinding failed half-way, and the irqfd was never gone. */
  @Test
  void anInterruptThatIsNotTakenBackIsToldAndTheUnbindingGoesOn() {
    Refusing platform = new Refusing();
    platform.refuses = false;
    KvmHost strict = new KvmHost(platform, KvmRules.LINUX_6_17, ConnectPolicy.OPPORTUNISTIC);
    Vm machine = strict.vm(1);
    int own = strict.eventfd();
    route(machine, msi(GSI, 0x41));
    strict.produce(own);
    strict.assign(machine, own, GSI);
    platform.keeps = true;
    machine.irqfd(IrqfdRequest.deassign(own, GSI));
    assertThat(machine.irqfds()).isEmpty();
    assertThat(machine.isBypassed(GSI, null)).isFalse();
    assertThat(strict.registry.connected()).isEqualTo(0);
    assertThat(strict.registry.registered()).isEqualTo(1);
    List<KvmEvent.BypassDelProducerFailed> told =
        strict.events(KvmEvent.BypassDelProducerFailed.class);
    assertThat(told).hasSize(1);
    assertThat(told.get(0).result()).isEqualTo(-Errno.EIO.number());
    strict.assign(machine, own, GSI);
  }

  /** What userspace asks for it is told of, unlike what becomes of a new table. */
  @Test
  void aReprogrammingThatFailsIsTheCallersFailure_andTheInterruptIsTheHosts() {
    Refusing platform = new Refusing();
    platform.refuses = false;
    KvmHost strict = new KvmHost(platform, KvmRules.LINUX_6_17, ConnectPolicy.OPPORTUNISTIC);
    Vm machine = strict.vm(1);
    PrivateToken token = new PrivateToken("forwarding");
    KvmHost.Producer peer = strict.producer(ConnectPolicy.OPPORTUNISTIC);
    route(machine, msi(GSI, 0x41), msi(25, 0x42));
    ExplicitForwarding forwarding = machine.forwarding(GSI);
    strict.registry.register(forwarding, token);
    strict.registry.register(peer, token);
    assertThat(peer.irq().isPosted()).isTrue();
    platform.refuses = true;

    assertErrno(Errno.EIO, () -> forwarding.reprogram(25));
    assertThat(peer.irq().isPosted()).isFalse();
    assertThat(forwarding.status().reason()).isEqualTo(BypassReason.HARDWARE_CANNOT);
  }

  /** A platform whose IOMMU refuses to post, and takes back at any time unless told to keep. */
  private static final class Refusing implements HostPlatform {
    boolean refuses = true;
    boolean keeps;
    int calls;

    @Override
    public String name() {
      return "refusing";
    }

    @Override
    public BypassMode bypass() {
      return BypassMode.POSTED;
    }

    @Override
    public void setVcpuAffinity(HostIrq irq, @Nullable VcpuAffinity affinity) {
      calls++;
      if (affinity instanceof VcpuAffinity.Posted posted) {
        if (refuses) {
          throw new ErrnoException(Errno.EIO, "no entry is free");
        }
        irq.postThrough(new RemappingEntry(posted.target(), posted.vector()));
      } else if (keeps) {
        throw new ErrnoException(Errno.EIO, "the entry is kept");
      } else {
        irq.postThrough(null);
      }
    }
  }

  @Test
  void aPostingExitsNothing_aSoftwareInjectionIsOneExit() {
    route(vm, msi(GSI, 0x41));
    assign();
    X86Vcpu vcpu = vcpu(vm, 0);
    vcpu.enter();
    irq.raise();
    assertThat(host.events(VcpuEvent.Exit.class)).isEmpty();
    assertThat(vcpu.take()).isEqualTo(0x41);
    vcpu.end(0x41);
    assertThat(host.events(VcpuEvent.Exit.class)).isEmpty();
    host.context(fd).signal();
    assertThat(host.events(VcpuEvent.Exit.class))
        .containsExactly(new VcpuEvent.Exit(vcpu, VcpuEvent.Reason.KICK));
  }

  /** What hardware posted is among what userspace moves and clears. */
  @Test
  void whatWasPostedIsForcedIntoServiceAndForgotten() {
    KvmHost own = new KvmHost();
    Vm guest = own.vm(1);
    X86Vcpu cpu = KvmHost.vcpu(guest, 0);
    cpu.put();
    cpu.posted().post(0x41);
    assertThat(cpu.localApic().forceIntoService()).isEqualTo(0x41);
    assertThat(cpu.localApic().isr()).containsExactly(0x41);
    cpu.load(3);
    cpu.posted().post(0x51);
    assertThat(cpu.posted().isOutstanding()).isTrue();
    cpu.localApic().clear();
    assertThat(cpu.posted().isOutstanding()).isFalse();
    assertThat(cpu.posted().isRequested(0x51)).isFalse();
    assertThat(cpu.posted().destination()).isEqualTo(3);
    assertThat(cpu.posted().notificationVector())
        .isEqualTo(PostedInterruptDescriptor.NOTIFICATION_VECTOR);
  }
}
