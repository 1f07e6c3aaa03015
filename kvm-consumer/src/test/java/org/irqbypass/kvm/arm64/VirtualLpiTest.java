package org.irqbypass.kvm.arm64;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.arm64.ArmHost.errnoOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.BypassMode;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Raise;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.ExplicitForwarding;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.KvmEvent;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.kvm.VirtualLpiRules;
import org.irqbypass.kvm.VirtualLpiRules.RouteChange;
import org.irqbypass.kvm.Vm;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.trace.TraceEvent;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Messages delivered as virtual LPIs: connecting, the guest's commands meanwhile, and the end. */
final class VirtualLpiTest {
  private static final int DEVICE = 32;
  private static final int LPI = 8192;
  private static final int GSI = 10;
  private static final long DOORBELL = 0x08090040;

  private ArmHost host = started(KvmRules.LINUX_6_17);
  private Device nic = new Device("nic");

  private static ArmHost started(KvmRules rules) {
    ArmHost host = new ArmHost(rules).withIts(2);
    Its its = host.arm64.itses().get(0);
    its.execute(new ItsCommand.Mapd(DEVICE, 5, true));
    its.execute(new ItsCommand.Mapti(DEVICE, 0, LPI, 0));
    its.execute(new ItsCommand.Mapti(DEVICE, 1, LPI + 1, 0));
    return host;
  }

  private void on(KvmRules rules) {
    host = started(rules);
    nic = new Device("nic");
  }

  private static KvmRules rules(VirtualLpiRules virtualLpis) {
    return new KvmRules(true, false, false, false, false, virtualLpis);
  }

  /** One message-signalled interrupt, an eventfd that it signals, and VFIO's producer. */
  private final class Device {
    final HostIrq irq;
    final int eventfd = host.eventfd();
    private BypassProducer producer;

    Device(String name) {
      irq = host.interrupts.allocateMessage(name);
      request();
      producer = newProducer();
    }

    void request() {
      irq.request(
          fired -> {
            var unused = host.context(eventfd).signal();
            return true;
          },
          true);
    }

    private BypassProducer newProducer() {
      return new BypassProducer(irq, ConnectPolicy.OPPORTUNISTIC) {
        @Override
        protected int addConsumer(BypassConsumer consumer) {
          return 0;
        }
      };
    }

    int register() {
      return host.registry.register(producer, host.context(eventfd));
    }

    void unregister() {
      host.registry.unregister(producer);
      producer = newProducer();
    }

    void assign(int gsi) {
      host.vm.irqfd(IrqfdRequest.assign(eventfd, gsi));
    }

    void deassign(int gsi) {
      host.vm.irqfd(IrqfdRequest.deassign(eventfd, gsi));
    }

    Device forwarded() {
      assign(GSI);
      assertThat(register()).isEqualTo(0);
      return this;
    }

    Raise raise() {
      Raise raise = irq.raise();
      host.deferred.runAll();
      return raise;
    }

    BypassReason reason(int gsi) {
      return Objects.requireNonNull(host.vm.irqfdOf(host.context(eventfd), gsi)).status().reason();
    }
  }

  private void route(RoutingEntry... entries) {
    host.vm.setGsiRouting(ImmutableList.copyOf(entries), 0);
  }

  private static RoutingEntry toEvent(int event) {
    return RoutingEntry.msi(GSI, DOORBELL, event, DEVICE);
  }

  private void its(ItsCommand command) {
    host.arm64.itses().get(0).execute(command);
  }

  private List<VgicEvent> told() {
    List<VgicEvent> told = new ArrayList<>();
    for (TraceEvent event : host.events) {
      if (event instanceof VgicEvent vgic) {
        told.add(vgic);
      }
    }
    host.events.clear();
    return told;
  }

  private Device forwarded() {
    route(toEvent(0));
    return nic.forwarded();
  }

  // ---- Connecting

  @Test
  void connectingMapsAndTheDeviceReachesTheGuestPastTheHost() {
    forwarded();

    assertThat(nic.raise()).isEqualTo(Raise.POSTED);

    assertThat(host.platform.bypass()).isEqualTo(BypassMode.VLPI);
    assertThat(nic.irq.handledCount()).isEqualTo(0);
    assertThat(host.read(nic.eventfd)).isEqualTo(0);
    assertThat(host.run(0)).containsExactly(LPI);
    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.BYPASSED);
  }

  @Test
  void theOrderOfTheTwoSidesDoesNotMatter() {
    route(toEvent(0));
    assertThat(nic.register()).isEqualTo(0);
    nic.assign(GSI);

    assertThat(nic.raise()).isEqualTo(Raise.POSTED);
    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void connectingAndDisconnectingAreToldInLinuxsOrder() {
    route(toEvent(0));
    nic.assign(GSI);
    told();
    assertThat(nic.register()).isEqualTo(0);
    var route = Objects.requireNonNull(host.vm.irqfds().get(0).route());
    assertThat(told())
        .containsExactly(
            new VgicEvent.V4SetForwarding(nic.irq, route, route),
            new VgicEvent.ItsResolveLpi(DEVICE, 0),
            new VgicEvent.Returned(VgicFunction.VGIC_ITS_RESOLVE_LPI, 0),
            new VgicEvent.ItsMapVlpi(nic.irq, LPI, 0xa3),
            new VgicEvent.Returned(VgicFunction.ITS_MAP_VLPI, 0),
            new VgicEvent.Returned(VgicFunction.KVM_VGIC_V4_SET_FORWARDING, 0))
        .inOrder();

    nic.unregister();

    assertThat(told())
        .containsExactly(
            new VgicEvent.V4UnsetForwarding(nic.irq, route, route),
            new VgicEvent.ItsUnmapVlpi(nic.irq),
            new VgicEvent.Returned(VgicFunction.ITS_UNMAP_VLPI, 0),
            new VgicEvent.Returned(VgicFunction.KVM_VGIC_V4_UNSET_FORWARDING, 0))
        .inOrder();
  }

  @Test
  void anInterruptInGuestModeCostsNoExit() {
    forwarded();
    Arm64Vcpu vcpu = host.vcpu(0);
    vcpu.enter();
    nic.raise();

    assertThat(vcpu.hasPending()).isTrue();
    assertThat(vcpu.take()).isEqualTo(LPI);
    vcpu.end(LPI);

    assertThat(host.events(VcpuEvent.Exit.class)).isEmpty();
    assertThat(vcpu.take()).isEqualTo(-1);
  }

  @Test
  void theListenerOfAVcpuIsToldOfWhatTheHardwareDelivers() {
    forwarded();
    List<Integer> told = new ArrayList<>();
    host.vcpu(0).listen(vcpu -> told.add(vcpu.id()));

    nic.raise();

    assertThat(told).containsExactly(0);
  }

  @Test
  void severalBeforeTheGuestRunsAreOne() {
    forwarded();
    nic.raise();
    nic.raise();

    assertThat(host.run(0)).containsExactly(LPI);
    assertThat(host.run(0)).isEmpty();
  }

  @Test
  void whatSoftwareHadPendingMovesIntoTheHardware() {
    route(toEvent(0));
    nic.assign(GSI);
    host.write(nic.eventfd);
    assertThat(pendingInTable()).isTrue();

    assertThat(nic.register()).isEqualTo(0);

    assertThat(pendingInTable()).isFalse();
    assertThat(host.run(0)).containsExactly(LPI);
    assertThat(host.run(0)).isEmpty();
  }

  @Test
  void whatSoftwareSignalsMeanwhileIsAnotherDelivery() {
    forwarded();
    host.write(nic.eventfd);
    nic.raise();

    assertThat(pendingInTable()).isTrue();
    assertThat(host.run(0)).containsExactly(LPI, LPI);
  }

  private boolean pendingInTable() {
    host.vgic.lpis().savePendingTables();
    return host.vgic.lpis().readPendingTable(0, LPI);
  }

  @Test
  void theMoreUrgentOfSoftwareAndHardwareComesFirst() {
    host.vgic.lpis().writeProperties(LPI, 0xb0, true);
    its(new ItsCommand.Inv(DEVICE, 0));
    forwarded();
    nic.raise();
    host.vm.signalMsi(new Msi((int) DOORBELL, 0, 1, Msi.VALID_DEVID, DEVICE));

    assertThat(host.run(0)).containsExactly(LPI + 1, LPI).inOrder();
  }

  /** Five bits of a priority count: within them, what a list register holds comes first. */
  @Test
  void ofEqualsSoftwaresComesFirst() {
    forwarded();
    host.vgic.configureSpi(40, Trigger.EDGE, true);
    host.vgic.setPriority(40, 0xa4);
    assertThat(host.vgic.inject(0, 40, true, null)).isEqualTo(0);
    nic.raise();
    assertThat(host.run(0)).containsExactly(40, LPI).inOrder();
  }

  @Test
  void aMaskedPriorityKeepsAVirtualLpiBack() {
    forwarded();
    host.vcpu(0).maskPriorities(0xa0);
    nic.raise();
    assertThat(host.vcpu(0).hasPending()).isFalse();
    assertThat(host.run(0)).isEmpty();

    host.vcpu(0).maskPriorities(0xa1);
    assertThat(host.run(0)).containsExactly(LPI);
  }

  // ---- What is not forwarded, and why

  @Test
  void whatIsNoMessageOfAnItsOfTheGuestIsLeftToSoftwareAndSaysWhy() {
    route(RoutingEntry.irqchip(GSI, 0, GSI));
    nic.forwarded();
    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.NOT_MSI);
    nic.unregister();

    route();
    assertThat(nic.register()).isEqualTo(0);
    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.ROUTE_MISSING);
    nic.unregister();

    route(RoutingEntry.msi(GSI, 0x12345678, 0, DEVICE));
    assertThat(nic.register()).isEqualTo(0);
    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.NOT_TRANSLATED);
    nic.unregister();

    route(new RoutingEntry.Message(GSI, new Msi((int) DOORBELL, 0, 0, 0, DEVICE)));
    assertThat(nic.register()).isEqualTo(0);
    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.NOT_TRANSLATED);
    assertThat(nic.irq.isPosted()).isFalse();
  }

  /** The type of a route is looked at before anything is asked of the ITS, or not at all. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aRouteToAPinIsConnected_andTriedOnlyWhereNobodyLooksAtItsType(boolean old) {
    on(old ? KvmRules.LINUX_6_1 : KvmRules.LINUX_6_17);
    route(RoutingEntry.irqchip(GSI, 0, GSI));
    nic.assign(GSI);
    told();
    assertThat(nic.register()).isEqualTo(0);
    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.NOT_MSI);
    var pin = Objects.requireNonNull(host.vm.irqfds().get(0).route());
    List<VgicEvent> tried =
        List.of(
            new VgicEvent.V4SetForwarding(nic.irq, pin, pin),
            new VgicEvent.Returned(VgicFunction.KVM_VGIC_V4_SET_FORWARDING, 0));
    assertThat(told()).isEqualTo(old ? tried : List.of());

    nic.unregister();

    assertThat(told())
        .contains(new VgicEvent.Returned(VgicFunction.KVM_VGIC_V4_UNSET_FORWARDING, 0));
  }

  @Test
  void newerKernelsConnectWhatTheGuestDoesNotTranslateAndLeaveItToSoftware() {
    route(toEvent(7));
    nic.forwarded();

    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.NOT_TRANSLATED);
    its(new ItsCommand.Mapti(DEVICE, 7, LPI + 7, 0));
    assertThat(nic.raise()).isEqualTo(Raise.HANDLED);
    assertThat(host.run(0)).containsExactly(LPI + 7);
  }

  @Test
  void untranslatedRefused_theConnectFailsWithLinuxsPositiveNumber() {
    on(rules(new VirtualLpiRules(true, RouteChange.UNMAPPED, false, false)));
    route(toEvent(7));
    nic.assign(GSI);

    assertThat(nic.register()).isEqualTo(Its.UNMAPPED_INTERRUPT);
    assertThat(nic.raise()).isEqualTo(Raise.HANDLED);
    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.NOT_TRANSLATED);
  }

  @Test
  void untranslatedRefused_anItsOrLpisThatAreOffAreBusy() {
    on(KvmRules.LINUX_6_1);
    route(toEvent(0));
    nic.assign(GSI);
    host.arm64.itses().get(0).enable(false);
    assertThat(errnoOf(nic::register)).isEqualTo(Errno.EBUSY);
    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.NOT_TRANSLATED);
    host.arm64.itses().get(0).enable(true);
    host.arm64.enableLpis(0, false);
    assertThat(errnoOf(nic::register)).isEqualTo(Errno.EBUSY);

    host.arm64.enableLpis(0, true);
    assertThat(nic.register()).isEqualTo(0);
    assertThat(nic.raise()).isEqualTo(Raise.POSTED);
  }

  /** Semantics 13.12: Linux 6.1 oopses when both are closed. */
  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void twoHostInterruptsForOneLpiAreSurvivedTheSecondStaysWithSoftware(boolean old) {
    on(old ? KvmRules.LINUX_6_1 : KvmRules.LINUX_6_17);
    route(toEvent(0), RoutingEntry.msi(11, DOORBELL, 0, DEVICE));
    nic.forwarded();
    Device second = new Device("disk");
    second.assign(11);
    assertThat(second.register()).isEqualTo(0);

    assertThat(second.reason(11)).isEqualTo(BypassReason.GUEST_INTERRUPT_TAKEN);
    assertThat(second.raise()).isEqualTo(Raise.HANDLED);
    assertThat(host.run(0)).containsExactly(LPI);

    second.unregister();
    assertThat(nic.raise()).isEqualTo(Raise.POSTED);
    assertThat(host.run(0)).containsExactly(LPI);
    nic.unregister();
    second.deassign(11);
    nic.deassign(GSI);
    assertThat(nic.irq.isPosted()).isFalse();
    assertThat(second.irq.isPosted()).isFalse();
  }

  @Test
  void aHostInterruptOfOneVmIsNotGivenToAnother() {
    forwarded();
    Vm other = host.kvm.vm(host.kvm.createVm());
    var unused = GicBringUp.WITH_ITS.bringUp(other);
    Its its = Arm64Vm.of(other).itses().get(0);
    its.execute(new ItsCommand.Mapd(DEVICE, 5, true));
    its.execute(new ItsCommand.Mapti(DEVICE, 0, LPI, 0));

    ErrnoException refused =
        assertThrows(
            ErrnoException.class,
            () -> its.forward(new Msi((int) DOORBELL, 0, 0, Msi.VALID_DEVID, DEVICE), nic.irq));

    assertThat(refused.errno()).isEqualTo(Errno.EINVAL);
    assertThat(nic.raise()).isEqualTo(Raise.POSTED);
    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void aWiredInterruptCannotBecomeAVirtualLpi() {
    route(toEvent(0));
    nic.assign(GSI);
    HostIrq wired = host.interrupts.allocate("uart", Trigger.EDGE);
    BypassProducer producer =
        new BypassProducer(wired, ConnectPolicy.OPPORTUNISTIC) {
          @Override
          protected int addConsumer(BypassConsumer consumer) {
            return 0;
          }
        };

    assertThat(errnoOf(() -> host.registry.register(producer, host.context(nic.eventfd))))
        .isEqualTo(Errno.EINVAL);
    assertThat(nic.register()).isEqualTo(0);
    assertThat(nic.raise()).isEqualTo(Raise.POSTED);
  }

  @Test
  void withoutAnItsNothingIsForwarded() {
    host = new ArmHost(KvmRules.LINUX_6_17).withGic();
    nic = new Device("nic");
    route(toEvent(0));
    nic.forwarded();

    assertThat(nic.raise()).isEqualTo(Raise.HANDLED);
    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.NOT_TRANSLATED);
  }

  // ---- The guest's commands meanwhile

  @Test
  void discardReturnsTheInterruptToSoftwareAndALaterMaptiDoesNotMapAgain() {
    forwarded();
    its(new ItsCommand.Discard(DEVICE, 0));
    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.TRANSLATION_GONE);
    assertThat(nic.raise()).isEqualTo(Raise.HANDLED);
    assertThat(host.run(0)).isEmpty();

    its(new ItsCommand.Mapti(DEVICE, 0, LPI, 0));
    assertThat(nic.raise()).isEqualTo(Raise.HANDLED);
    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void mapdAndAResetReturnAllOfADevice() {
    forwarded();
    its(new ItsCommand.Mapd(DEVICE, 5, false));
    assertThat(nic.irq.isPosted()).isFalse();

    its(new ItsCommand.Mapd(DEVICE, 5, true));
    its(new ItsCommand.Mapti(DEVICE, 0, LPI, 0));
    nic.unregister();
    assertThat(nic.register()).isEqualTo(0);
    assertThat(nic.irq.isPosted()).isTrue();
    host.arm64.itses().get(0).reset();
    assertThat(nic.irq.isPosted()).isFalse();
  }

  @Test
  void moviAndMapcRetargetAndWhatIsPendingMovesAlong() {
    forwarded();
    nic.raise();
    its(new ItsCommand.Movi(DEVICE, 0, 1));
    assertThat(host.run(0)).isEmpty();
    assertThat(host.run(1)).containsExactly(LPI);

    its(new ItsCommand.Mapc(1, 0, true));
    nic.raise();
    assertThat(host.run(1)).isEmpty();
    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void movallMovesInTheOrderInWhichTheLpisWereMapped() {
    its(new ItsCommand.Mapti(DEVICE, 9, LPI + 900, 0));
    its(new ItsCommand.Mapti(DEVICE, 3, LPI + 3, 0));
    List<Device> devices = new ArrayList<>();
    route(
        RoutingEntry.msi(20, DOORBELL, 9, DEVICE),
        RoutingEntry.msi(21, DOORBELL, 3, DEVICE),
        RoutingEntry.msi(22, DOORBELL, 0, DEVICE));
    for (int gsi = 20; gsi <= 22; gsi++) {
      Device device = new Device("nic" + gsi);
      device.assign(gsi);
      assertThat(device.register()).isEqualTo(0);
      devices.add(device);
    }
    told();

    its(new ItsCommand.Movall(0, 1));

    assertThat(told().stream().filter(VgicEvent.ItsGetVlpi.class::isInstance).toList())
        .containsExactly(
            new VgicEvent.ItsGetVlpi(devices.get(2).irq),
            new VgicEvent.ItsGetVlpi(devices.get(0).irq),
            new VgicEvent.ItsGetVlpi(devices.get(1).irq))
        .inOrder();
    its(new ItsCommand.Mapd(DEVICE, 5, false));
    assertThat(told().stream().filter(VgicEvent.ItsUnmapVlpi.class::isInstance).toList())
        .containsExactly(
            new VgicEvent.ItsUnmapVlpi(devices.get(2).irq),
            new VgicEvent.ItsUnmapVlpi(devices.get(0).irq),
            new VgicEvent.ItsUnmapVlpi(devices.get(1).irq))
        .inOrder();
  }

  @Test
  void movallToTheSameVcpuMovesNothing() {
    forwarded();
    told();
    its(new ItsCommand.Movall(0, 0));
    assertThat(told()).isEmpty();
  }

  @Test
  void aCollectionTakenAwayAnItsOrLpisSwitchedOffLeaveItForwarded() {
    forwarded();
    its(new ItsCommand.Mapc(0, 0, false));
    nic.raise();
    assertThat(host.run(0)).containsExactly(LPI);
    host.arm64.itses().get(0).enable(false);
    nic.raise();
    assertThat(host.run(0)).containsExactly(LPI);
    host.arm64.enableLpis(0, false);
    nic.raise();
    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void invUpdatesPropertiesAndADisabledLpiKeepsWhatIsPending() {
    forwarded();
    host.vgic.lpis().writeProperties(LPI, 0x40, false);
    nic.raise();
    its(new ItsCommand.Inv(DEVICE, 0));
    assertThat(host.run(0)).isEmpty();
    host.vgic.lpis().writeProperties(LPI, 0x40, true);
    told();
    its(new ItsCommand.Inv(DEVICE, 0));

    assertThat(told()).contains(new VgicEvent.ItsPropUpdateVlpi(nic.irq, 0x41, true));
    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void invallUpdatesAllOfAVcpu() {
    forwarded();
    told();
    its(new ItsCommand.Invall(0));

    assertThat(told())
        .containsExactly(
            new VgicEvent.ItsPropUpdateVlpi(nic.irq, 0xa1, false),
            new VgicEvent.Returned(VgicFunction.ITS_PROP_UPDATE_VLPI, 0),
            new VgicEvent.ItsInvallVpe(),
            new VgicEvent.Returned(VgicFunction.ITS_INVALL_VPE, 0))
        .inOrder();
  }

  @Test
  void intAndClearReachTheHardware() {
    forwarded();
    its(new ItsCommand.Int(DEVICE, 0));
    assertThat(pendingInTable()).isFalse();
    assertThat(host.run(0)).containsExactly(LPI);

    nic.raise();
    its(new ItsCommand.Clear(DEVICE, 0));
    assertThat(host.run(0)).isEmpty();
  }

  @Test
  void theTablesOfAnItsCannotBeSavedMeanwhile() {
    forwarded();
    assertThat(errnoOf(() -> host.arm64.itses().get(0).saveTables())).isEqualTo(Errno.EACCES);
    nic.unregister();
    host.arm64.itses().get(0).saveTables();
  }

  // ---- The end

  @Test
  void teardownFromEitherSideReturnsTheInterruptAndWhatIsPendingIsLost() {
    forwarded();
    nic.raise();
    nic.unregister();
    assertThat(host.run(0)).isEmpty();
    assertThat(nic.irq.vcpuAffinity()).isNull();
    assertThat(nic.raise()).isEqualTo(Raise.HANDLED);
    assertThat(host.run(0)).containsExactly(LPI);

    assertThat(nic.register()).isEqualTo(0);
    nic.raise();
    nic.deassign(GSI);
    assertThat(host.run(0)).isEmpty();
    assertThat(nic.raise()).isEqualTo(Raise.HANDLED);
    assertThat(host.read(nic.eventfd)).isEqualTo(1);
  }

  @Test
  void closingTheVmReturnsTheInterrupt() {
    forwarded();
    host.descriptors.close(host.vmFd);

    assertThat(nic.irq.isPosted()).isFalse();
    assertThat(nic.raise()).isEqualTo(Raise.HANDLED);
  }

  @Test
  void newerKernelsUnmapWhatWasMappedWhateverTheRouteTranslatesToByThen() {
    forwarded();
    its(new ItsCommand.Mapc(0, 0, false));
    nic.deassign(GSI);

    assertThat(nic.irq.isPosted()).isFalse();
    assertThat(nic.raise()).isEqualTo(Raise.HANDLED);
  }

  @Test
  void unmappedByRoute_aMappingStaysBehindUntilTheGuestDropsTheTranslation() {
    on(rules(new VirtualLpiRules(false, RouteChange.UNMAPPED, true, false)));
    forwarded();
    its(new ItsCommand.Mapc(0, 0, false));
    told();
    nic.deassign(GSI);
    assertThat(told())
        .contains(
            new VgicEvent.Returned(
                VgicFunction.KVM_VGIC_V4_UNSET_FORWARDING, Its.UNMAPPED_INTERRUPT));
    assertThat(nic.raise()).isEqualTo(Raise.POSTED);
    assertThat(host.run(0)).containsExactly(LPI);

    its(new ItsCommand.Mapd(DEVICE, 5, false));
    assertThat(nic.raise()).isEqualTo(Raise.HANDLED);
  }

  @Test
  void unmappedByRoute_aMappingLeftBehindEndsWithTheHostInterruptAndIsNotMadeByMappingAgain() {
    on(KvmRules.LINUX_6_1);
    forwarded();
    route(RoutingEntry.msi(GSI, 0x12345678, 0, DEVICE));
    nic.unregister();
    nic.irq.free();
    assertThat(nic.raise()).isEqualTo(Raise.UNTRIGGERED);
    nic.request();
    assertThat(nic.raise()).isEqualTo(Raise.HANDLED);

    route(toEvent(0));
    assertThat(nic.register()).isEqualTo(0);
    assertThat(nic.raise()).isEqualTo(Raise.HANDLED);
    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.TRANSLATION_GONE);
    nic.unregister();
    assertThat(nic.register()).isEqualTo(0);
    assertThat(nic.raise()).isEqualTo(Raise.POSTED);
    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.BYPASSED);
  }

  @Test
  void unmappedByRoute_aMappingLeftBehindIsTakenUpAgainWithWhatSoftwareHasPending() {
    on(KvmRules.LINUX_6_1);
    forwarded();
    route(RoutingEntry.msi(GSI, 0x12345678, 0, DEVICE));
    nic.unregister();
    assertThat(nic.irq.isPosted()).isTrue();
    route(toEvent(0));
    host.write(nic.eventfd);
    assertThat(pendingInTable()).isTrue();
    told();

    assertThat(nic.register()).isEqualTo(0);

    assertThat(told())
        .containsAtLeast(
            new VgicEvent.ItsMapVlpi(nic.irq, LPI, 0xa3),
            new VgicEvent.Returned(VgicFunction.ITS_MAP_VLPI, 0))
        .inOrder();
    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.BYPASSED);
    assertThat(pendingInTable()).isFalse();
    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void unmappedByRoute_aMappingLeftBehindEndsWhereItsHostInterruptIsMappedElsewhere() {
    on(KvmRules.LINUX_6_1);
    forwarded();
    route(toEvent(1), RoutingEntry.msi(11, DOORBELL, 0, DEVICE));
    nic.unregister();
    assertThat(nic.register()).isEqualTo(0);
    assertThat(nic.raise()).isEqualTo(Raise.POSTED);
    assertThat(host.run(0)).containsExactly(LPI + 1);

    Device second = new Device("disk");
    second.assign(11);
    assertThat(second.register()).isEqualTo(0);
    assertThat(second.reason(11)).isEqualTo(BypassReason.BYPASSED);
    its(new ItsCommand.Discard(DEVICE, 0));
    assertThat(second.irq.isPosted()).isFalse();
    assertThat(nic.raise()).isEqualTo(Raise.POSTED);
  }

  // ---- Routing changes

  @Test
  void aChangedRouteReturnsTheInterruptToSoftwareWhichFollowsTheRoute() {
    forwarded();
    route(toEvent(1));

    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.ROUTE_CHANGED);
    assertThat(nic.raise()).isEqualTo(Raise.HANDLED);
    assertThat(host.run(0)).containsExactly(LPI + 1);

    nic.unregister();
    assertThat(nic.register()).isEqualTo(0);
    assertThat(nic.raise()).isEqualTo(Raise.POSTED);
    assertThat(host.run(0)).containsExactly(LPI + 1);
  }

  @Test
  void aTableWithTheSameRouteChangesNothing() {
    forwarded();
    route(toEvent(0), RoutingEntry.msi(30, DOORBELL, 1, DEVICE));

    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.BYPASSED);
    assertThat(nic.raise()).isEqualTo(Raise.POSTED);
  }

  @Test
  void aRouteTakenAwayReturnsTheInterrupt() {
    forwarded();
    route();

    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.ROUTE_MISSING);
    assertThat(nic.raise()).isEqualTo(Raise.HANDLED);
    assertThat(host.run(0)).isEmpty();
  }

  /** Semantics 13.11. */
  @Test
  void routeChangeIgnored_theDeviceGoesOnReachingTheOldInterrupt() {
    on(rules(new VirtualLpiRules(false, RouteChange.IGNORED, false, false)));
    forwarded();
    route(toEvent(1));

    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.BYPASSED);
    assertThat(nic.raise()).isEqualTo(Raise.POSTED);
    host.write(nic.eventfd);
    assertThat(host.run(0)).containsExactly(LPI, LPI + 1);
    nic.deassign(GSI);
    assertThat(nic.irq.isPosted()).isFalse();
  }

  @Test
  void routeChangeMapsAgain_theDeviceReachesTheNewInterrupt() {
    on(rules(new VirtualLpiRules(false, RouteChange.MAPPED_AGAIN, false, false)));
    forwarded();
    route(toEvent(1));
    assertThat(nic.raise()).isEqualTo(Raise.POSTED);
    assertThat(host.run(0)).containsExactly(LPI + 1);

    route(RoutingEntry.irqchip(GSI, 0, GSI));
    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.NOT_MSI);
    assertThat(nic.raise()).isEqualTo(Raise.HANDLED);

    route(toEvent(0));
    assertThat(nic.raise()).isEqualTo(Raise.POSTED);
    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void routeChangeMapsAgain_whatIsNotTranslatedThenIsToldAndLeftToSoftware() {
    on(rules(new VirtualLpiRules(true, RouteChange.MAPPED_AGAIN, false, false)));
    forwarded();
    host.arm64.enableLpis(1, false);
    its(new ItsCommand.Movi(DEVICE, 1, 1));
    route(toEvent(1));

    assertThat(host.events(KvmEvent.UpdateIrqfdRoutingReturned.class))
        .containsExactly(
            new KvmEvent.UpdateIrqfdRoutingReturned(
                host.vm.irqfds().get(0), -Errno.EBUSY.number()));
    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.NOT_TRANSLATED);
    assertThat(nic.irq.isPosted()).isFalse();
  }

  @Test
  void routeChangeIgnored_aMessageThatComesTooLateIsSaidToBeOne() {
    on(rules(new VirtualLpiRules(false, RouteChange.IGNORED, false, false)));
    route(RoutingEntry.irqchip(GSI, 0, GSI));
    nic.forwarded();
    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.NOT_MSI);
    route(toEvent(0));
    assertThat(nic.raise()).isEqualTo(Raise.HANDLED);
    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.ROUTE_CHANGED);
    nic.unregister();

    route();
    assertThat(nic.register()).isEqualTo(0);
    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.ROUTE_MISSING);
    route(toEvent(0));
    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.ROUTE_CHANGED);
  }

  @Test
  void routeTypeIgnored_aRouteTakenAwayIsStillConnectedByItsMessage() {
    on(rules(new VirtualLpiRules(false, RouteChange.IGNORED, true, true)));
    route(toEvent(0));
    nic.assign(GSI);
    route();

    assertThat(nic.register()).isEqualTo(0);
    assertThat(nic.raise()).isEqualTo(Raise.POSTED);
    assertThat(nic.reason(GSI)).isEqualTo(BypassReason.BYPASSED);
    nic.unregister();
    assertThat(nic.raise()).isEqualTo(Raise.HANDLED);
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void anExplicitForwardingIsMappedAgainWhenUserspaceSaysSoAndNotBefore(boolean old) {
    on(old ? KvmRules.LINUX_6_1 : KvmRules.LINUX_6_17);
    route(toEvent(0));
    ExplicitForwarding forwarding = host.vm.forwarding(GSI);
    var unused = host.registry.register(forwarding, host.context(nic.eventfd));
    assertThat(nic.register()).isEqualTo(0);
    route(toEvent(1));
    nic.raise();
    assertThat(host.run(0)).containsExactly(LPI);

    forwarding.reprogram();

    nic.raise();
    assertThat(host.run(0)).containsExactly(LPI + 1);
    host.registry.unregister(forwarding);
    forwarding.close();
    assertThat(nic.irq.isPosted()).isFalse();
  }

  @Test
  void anExplicitForwardingThatTheHostRefusesIsTheHostsAndUserspaceLearnsIt() {
    route(toEvent(7));
    HostIrq wired = host.interrupts.allocate("uart", Trigger.EDGE);
    ExplicitForwarding forwarding = host.vm.forwarding(GSI);
    BypassProducer producer = new BypassProducer(wired, ConnectPolicy.OPPORTUNISTIC) {};
    var unused = host.registry.register(forwarding, host.context(nic.eventfd));
    assertThat(host.registry.register(producer, host.context(nic.eventfd))).isEqualTo(0);
    its(new ItsCommand.Mapti(DEVICE, 7, LPI + 7, 0));

    assertThat(errnoOf(forwarding::reprogram)).isEqualTo(Errno.EINVAL);

    assertThat(forwarding.status().reason()).isEqualTo(BypassReason.HARDWARE_CANNOT);
    assertThat(wired.isPosted()).isFalse();
  }

  /** Semantics 7.4, row 13. */
  @Test
  void untranslatedRefused_anExplicitForwardingWaitsForItsRoute() {
    on(KvmRules.LINUX_6_1);
    route(toEvent(7));
    ExplicitForwarding forwarding = host.vm.forwarding(GSI);
    var unused = host.registry.register(forwarding, host.context(nic.eventfd));
    assertThat(nic.register()).isEqualTo(0);
    assertThat(forwarding.status().reason()).isEqualTo(BypassReason.NOT_TRANSLATED);

    its(new ItsCommand.Mapti(DEVICE, 7, LPI + 7, 0));
    forwarding.reprogram();

    assertThat(nic.raise()).isEqualTo(Raise.POSTED);
    assertThat(host.run(0)).containsExactly(LPI + 7);
  }

  // ---- Residency

  @Test
  void aVcpuThatWaitedWithNothingMappedIsWokenByTheDoorbellOnce() {
    route(toEvent(0));
    host.vcpu(0).enter();
    nic.forwarded();
    nic.raise();
    assertThat(host.events(VgicEvent.V4DoorbellHandler.class)).hasSize(1);
    assertThat(host.vcpu(0).take()).isEqualTo(LPI);
    host.vcpu(0).end(LPI);

    nic.raise();
    assertThat(host.events(VgicEvent.V4DoorbellHandler.class)).hasSize(1);
    assertThat(host.vcpu(0).take()).isEqualTo(LPI);
  }

  @Test
  void aVcpuThatWasLoadedWithSomethingMappedIsResidentWhileItWaits() {
    forwarded();
    host.vcpu(0).enter();
    nic.raise();

    assertThat(host.events(VgicEvent.V4DoorbellHandler.class)).isEmpty();
  }

  @Test
  void aVcpuOutsideTheGuestGetsNoDoorbell() {
    forwarded();
    nic.raise();

    assertThat(host.events(VgicEvent.V4DoorbellHandler.class)).isEmpty();
    assertThat(host.vcpu(0).hasPending()).isTrue();
  }

  @Test
  void aVcpuThatBlocksIsWokenByTheDoorbell() {
    forwarded();
    assertThat(host.vcpu(0).block()).isTrue();
    nic.raise();

    assertThat(host.events(VgicEvent.V4DoorbellHandler.class)).hasSize(1);
    assertThat(host.events(VcpuEvent.WakeUp.class)).hasSize(1);
    assertThat(host.events(VcpuEvent.Posted.class))
        .containsExactly(new VcpuEvent.Posted(host.vcpu(0), LPI, true));
    assertThat(host.vcpu(0).block()).isFalse();
    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void aVcpuThatBlocksSleepsOnWhileTheLpiIsDisabled() {
    host.vgic.lpis().writeProperties(LPI, 0xa0, false);
    its(new ItsCommand.Inv(DEVICE, 0));
    forwarded();
    assertThat(host.vcpu(0).block()).isTrue();
    nic.raise();
    assertThat(host.events(VcpuEvent.WakeUp.class)).isEmpty();

    host.vgic.lpis().writeProperties(LPI, 0xa0, true);
    its(new ItsCommand.Inv(DEVICE, 0));
    assertThat(host.events(VcpuEvent.WakeUp.class)).hasSize(1);
    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void aVcpuThatIsPreemptedIsNotWoken() {
    forwarded();
    host.vcpu(0).put();
    nic.raise();

    assertThat(host.events(VgicEvent.V4DoorbellHandler.class)).isEmpty();
    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void haltingLoadsAVcpuThatRanAnewAndLeavesOneThatWaitedAlone() {
    forwarded();
    host.vcpu(0).enter();
    nic.deassign(GSI); // resumed with nothing mapped: its next wait traps
    nic.assign(GSI); // halted while it waits: not loaded
    nic.raise();

    assertThat(host.events(VgicEvent.V4DoorbellHandler.class)).hasSize(1);
  }

  @Test
  void whatSoftwareInjectsWakesAndLoadsAVcpu() {
    route(toEvent(0), RoutingEntry.msi(11, DOORBELL, 1, DEVICE));
    host.vcpu(0).enter();
    nic.forwarded();
    host.vm.signalMsi(new Msi((int) DOORBELL, 0, 1, Msi.VALID_DEVID, DEVICE));
    assertThat(host.vcpu(0).take()).isEqualTo(LPI + 1);
    host.vcpu(0).end(LPI + 1);
    nic.raise();

    assertThat(host.events(VgicEvent.V4DoorbellHandler.class)).isEmpty();
  }

  // ---- Life

  @Test
  void virtualLpisAreSetUpWithTheItsAndTornDownWithTheVm() {
    assertThat(host.events(VgicEvent.V4Init.class)).hasSize(1);
    host.descriptors.close(host.vmFd);
    assertThat(host.events(VgicEvent.V4Teardown.class)).isEmpty(); // vCPUs and devices are open
    for (int fd = 0; host.descriptors.open() != 0; fd++) {
      closeIfOpen(fd);
    }
    assertThat(host.events(VgicEvent.V4Teardown.class)).hasSize(1);
  }

  private void closeIfOpen(int fd) {
    try {
      host.descriptors.close(fd);
    } catch (ErrnoException notOpen) {
      assertThat(notOpen.errno()).isEqualTo(Errno.EBADF);
    }
  }

  // ---- What is told

  @Test
  void aMoveIsToldAsAnotherMapping() {
    forwarded();
    told();
    its(new ItsCommand.Movi(DEVICE, 0, 1));
    assertThat(told())
        .containsExactly(
            new VgicEvent.ItsGetVlpi(nic.irq),
            new VgicEvent.Returned(VgicFunction.ITS_GET_VLPI, 0),
            new VgicEvent.ItsMapVlpi(nic.irq, LPI, 0xa3),
            new VgicEvent.Returned(VgicFunction.ITS_MAP_VLPI, 0))
        .inOrder();
  }

  @Test
  void whatTheHostRefusesIsToldWithItsErrno() {
    route(toEvent(0));
    nic.assign(GSI);
    HostIrq wired = host.interrupts.allocate("uart", Trigger.EDGE);
    BypassProducer producer = new BypassProducer(wired, ConnectPolicy.OPPORTUNISTIC) {};
    told();
    assertThrows(
        ErrnoException.class, () -> host.registry.register(producer, host.context(nic.eventfd)));
    int invalid = -Errno.EINVAL.number();
    assertThat(told())
        .containsAtLeast(
            new VgicEvent.ItsMapVlpi(wired, LPI, 0xa3),
            new VgicEvent.Returned(VgicFunction.ITS_MAP_VLPI, invalid),
            new VgicEvent.Returned(VgicFunction.KVM_VGIC_V4_SET_FORWARDING, invalid))
        .inOrder();
  }

  @Test
  void anItsThatComesLateSetsVirtualLpisUpThen() {
    ArmHost late = new ArmHost(KvmRules.LINUX_6_17).withGic();
    late.events.clear();
    late.vm.createDevice(Arm64.DEVICE_ITS, 0);
    assertThat(late.events(VgicEvent.V4Init.class)).hasSize(1);
    assertThat(late.events(VgicEvent.Returned.class))
        .containsExactly(new VgicEvent.Returned(VgicFunction.VGIC_V4_INIT, 0));
    ArmHost early = new ArmHost(KvmRules.LINUX_6_17);
    early.vm.createDevice(Arm64.DEVICE_VGIC_V3, 0);
    early.vm.createDevice(Arm64.DEVICE_ITS, 0);
    assertThat(early.events(VgicEvent.V4Init.class)).isEmpty();
  }

  // ---- The end of what is pending

  @Test
  void freeingTheHostInterruptDropsWhatTheHardwareHasPending() {
    forwarded();
    assertThat(nic.irq.raise()).isEqualTo(Raise.POSTED);
    nic.irq.free();
    assertThat(host.vcpu(0).hasPending()).isFalse();
    assertThat(host.run(0)).isEmpty();
  }

  /** A vLPI that was taken and not ended keeps out what is not more urgent. */
  @Test
  void whatTheHardwareDeliveredHasAPriorityUntilItsEnd() {
    forwarded();
    Arm64Vcpu vcpu = host.vcpu(0);
    vcpu.enter();
    nic.raise();
    assertThat(vcpu.take()).isEqualTo(LPI);
    nic.raise();
    host.vm.signalMsi(Msi.of(DOORBELL, 1, DEVICE));
    assertThat(vcpu.take()).isEqualTo(-1);
    vcpu.end(LPI);
    assertThat(vcpu.take()).isAnyOf(LPI, LPI + 1);
  }

  /** EOImode 1: an LPI has no active state, so it ends where its priority drops. */
  @Test
  void anLpiEndsWhereItsPriorityDrops() {
    host.vgic.lpis().writeAllProperties(0xa0, true);
    Arm64Vcpu vcpu = host.vcpu(0);
    vcpu.enter();
    host.vm.signalMsi(Msi.of(DOORBELL, 1, DEVICE));
    assertThat(vcpu.take()).isEqualTo(LPI + 1);
    vcpu.dropPriority(LPI + 1);
    assertThat(vcpu.listRegisters()).isEmpty();
    assertThat(host.events(VcpuEvent.End.class)).containsExactly(new VcpuEvent.End(vcpu, LPI + 1));
    host.vm.signalMsi(Msi.of(DOORBELL, 0, DEVICE)); // LPI 8192, the lowest there is
    assertThat(vcpu.take()).isEqualTo(LPI);
    vcpu.dropPriority(LPI);
    assertThat(vcpu.listRegisters()).isEmpty();
  }
}
