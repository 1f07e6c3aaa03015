package org.irqbypass.kvm.arm64;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Raise;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.KvmDevice;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.State;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.ConnectPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** All of a VM's state is in its fingerprint. */
final class StateTest {
  private static final int SPI = 40;
  private static final int DEVICE = 32;
  private static final int LPI = 8192;
  private static final int GSI = 10;
  private static final long DOORBELL = 0x08090040;

  @RegisterExtension final ArmHost host = new ArmHost(KvmRules.LINUX_6_17).withIts(2);
  private final Arm64Vcpu vcpu = host.vcpu(0);
  private final Its its = host.arm64.itses().get(0);

  private void inject(int intid, boolean level) {
    assertThat(host.vgic.inject(0, intid, level, null)).isEqualTo(0);
  }

  @Test
  void theSharedInterrupts() {
    State.assertEachStepShows(
        host.vm,
        () -> inject(SPI, true), // the line alone
        () -> inject(SPI, false),
        () -> host.vgic.configureSpi(SPI, Trigger.EDGE, false),
        () -> inject(SPI, true), // the latch alone
        () -> host.vgic.configureSpi(SPI, Trigger.EDGE, true),
        () -> vcpu.enter(),
        () -> assertThat(vcpu.take()).isEqualTo(SPI),
        () -> vcpu.leave(),
        () -> vcpu.enter(),
        () -> vcpu.end(SPI),
        () -> vcpu.leave());
  }

  @Test
  void theMessagesAndTheirTranslations() {
    int eventfd = host.eventfd();
    State.assertEachStepShows(
        host.vm,
        () -> its.execute(new ItsCommand.Mapd(DEVICE, 5, true)),
        () -> its.execute(new ItsCommand.Mapti(DEVICE, 0, LPI, 0)),
        () -> its.execute(new ItsCommand.Mapti(DEVICE, 1, LPI + 1, 0)),
        () -> its.execute(new ItsCommand.Movi(DEVICE, 1, 1)),
        () ->
            host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.msi(GSI, DOORBELL, 0, DEVICE)), 0),
        () -> host.vm.irqfd(IrqfdRequest.assign(eventfd, GSI)),
        () -> host.write(eventfd),
        () -> assertThat(host.run(0)).containsExactly(LPI),
        () -> its.execute(new ItsCommand.Discard(DEVICE, 1)),
        () -> its.execute(new ItsCommand.Mapc(1, 0, false)),
        () -> its.execute(new ItsCommand.Mapd(DEVICE, 5, false)));
  }

  @Test
  void theVirtualMessages() {
    int eventfd = host.eventfd();
    its.execute(new ItsCommand.Mapd(DEVICE, 5, true));
    its.execute(new ItsCommand.Mapti(DEVICE, 0, LPI, 0));
    host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.msi(GSI, DOORBELL, 0, DEVICE)), 0);
    host.vm.irqfd(IrqfdRequest.assign(eventfd, GSI));
    HostIrq nic = host.interrupts.allocateMessage("nic");
    nic.request(fired -> true, true);
    BypassProducer producer =
        new BypassProducer(nic, ConnectPolicy.OPPORTUNISTIC) {
          @Override
          protected int addConsumer(BypassConsumer consumer) {
            return 0;
          }
        };
    State.assertEachStepShows(
        host.vm,
        () -> host.registry.register(producer, host.context(eventfd)),
        () -> assertThat(vcpu.block()).isTrue(),
        () -> assertThat(nic.raise()).isEqualTo(Raise.POSTED),
        () -> assertThat(host.run(0)).containsExactly(LPI),
        () -> host.registry.unregister(producer));
  }

  @Test
  void howAnInterruptIsSet() {
    for (int target = 0; target < 2; target++) {
      int to = target;
      host.vgic.setTarget(SPI, 1 - to);
      State.assertEachStepShows(
          host.vm,
          () -> host.vgic.setTarget(SPI, to),
          () -> host.vgic.setPriority(SPI, 0x40 + to),
          () -> host.vgic.configureSpi(SPI, Trigger.EDGE, false),
          () -> host.vgic.configureSpi(SPI, Trigger.EDGE, true),
          () -> host.vgic.configureSpi(SPI, Trigger.LEVEL, true),
          () -> inject(SPI, true),
          () -> host.vgic.setPriority(SPI, 0x20 + to),
          () -> inject(SPI, false),
          () -> host.vgic.configureSpi(SPI, Trigger.LEVEL, false),
          () -> host.vgic.setPriority(SPI, 0));
    }
  }

  /** Of those that nobody waits for as well. */
  @Test
  void thePrivateInterrupts() {
    int ppi = 20;
    State.assertEachStepShows(
        host.vm,
        () -> vcpu.configurePrivate(ppi, Trigger.EDGE, 0x40, false),
        () -> vcpu.configurePrivate(ppi, Trigger.LEVEL, 0x40, false),
        () -> vcpu.configurePrivate(ppi, Trigger.LEVEL, 0x80, false),
        () -> inject(ppi, true),
        () -> vcpu.configurePrivate(ppi, Trigger.LEVEL, 0x80, true));
  }

  @Test
  void thePropertiesOfMessages() {
    its.execute(new ItsCommand.Mapd(DEVICE, 5, true));
    its.execute(new ItsCommand.Mapti(DEVICE, 0, LPI, 0));
    host.vgic.lpis().writeProperties(LPI, 0x40, true);
    State.assertEachStepShows(
        host.vm,
        () -> its.execute(new ItsCommand.Inv(DEVICE, 0)),
        () -> {
          host.vgic.lpis().writeAllProperties(0x40, false);
          its.execute(new ItsCommand.Inv(DEVICE, 0));
        });
  }

  /** Of equals the one that came first is taken first. */
  @Test
  void theOrderInWhichInterruptsWait() {
    host.vgic.configureSpi(SPI, Trigger.EDGE, true);
    host.vgic.configureSpi(SPI + 1, Trigger.EDGE, true);
    inject(SPI, true);
    assertThat(host.run(0)).containsExactly(SPI);
    List<String> before = State.of(host.vm);
    inject(SPI, true);
    inject(SPI + 1, true);
    List<String> first = State.of(host.vm);
    assertThat(host.run(0)).containsExactly(SPI, SPI + 1).inOrder();
    assertThat(State.of(host.vm)).isEqualTo(before);
    inject(SPI + 1, true);
    inject(SPI, true);
    assertThat(State.of(host.vm)).isNotEqualTo(first);
  }

  /** What the guest has made of an interrupt is in its list register alone. */
  @Test
  void theListRegisters() {
    host.vgic.configureSpi(SPI, Trigger.EDGE, true);
    host.vgic.configureSpi(SPI + 1, Trigger.EDGE, true);
    inject(SPI, true);
    vcpu.enter();
    assertThat(vcpu.take()).isEqualTo(SPI);
    inject(SPI, true); // again, while it is active
    vcpu.leave();
    vcpu.enter();
    State.assertEachStepShows(
        host.vm, () -> vcpu.dropPriority(SPI), () -> vcpu.deactivate(SPI), () -> vcpu.take());
  }

  @Test
  void whatTheHardwareHasPending() {
    int eventfd = host.eventfd();
    its.execute(new ItsCommand.Mapd(DEVICE, 5, true));
    its.execute(new ItsCommand.Mapti(DEVICE, 0, LPI, 0));
    host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.msi(GSI, DOORBELL, 0, DEVICE)), 0);
    host.vm.irqfd(IrqfdRequest.assign(eventfd, GSI));
    HostIrq nic = host.interrupts.allocateMessage("nic");
    nic.request(fired -> true, true);
    BypassProducer producer = new BypassProducer(nic, ConnectPolicy.OPPORTUNISTIC) {};
    host.registry.register(producer, host.context(eventfd));
    State.assertEachStepShows(
        host.vm,
        () -> assertThat(nic.raise()).isEqualTo(Raise.POSTED),
        () -> its.execute(new ItsCommand.Clear(DEVICE, 0)),
        () -> assertThat(nic.raise()).isEqualTo(Raise.POSTED),
        () -> assertThat(host.run(0)).containsExactly(LPI),
        () -> vcpu.enter(),
        () -> vcpu.leave(),
        () -> assertThat(vcpu.block()).isTrue());
  }

  /**
   * What is in them comes into force later: by INV, by a translation, when LPIs are switched on.
   */
  @Test
  void theTablesOfTheGuest() {
    its.execute(new ItsCommand.Mapd(DEVICE, 5, true));
    its.execute(new ItsCommand.Mapti(DEVICE, 0, LPI, 0));
    LpiTables lpis = host.vgic.lpis();
    List<String> before = State.of(host.vm);
    State.assertEachStepShows(
        host.vm,
        () -> lpis.writeProperties(LPI, 0x40, true),
        () -> lpis.writeProperties(LPI, 0x80, true),
        () -> lpis.writeProperties(LPI + 1, 0x40, true),
        () -> lpis.writeProperties(LPI, 0xa0, true),
        () -> lpis.writeProperties(LPI + 1, 0xa0, true));
    assertThat(State.of(host.vm)).isEqualTo(before); // the bytes are what they were
    State.assertEachStepShows(
        host.vm,
        () -> lpis.writeAllProperties(0x40, true),
        () -> its.execute(new ItsCommand.Int(DEVICE, 0)),
        lpis::savePendingTables);
  }

  /** Two tables with one message pending each, but not the same. */
  @Test
  void whichMessagesAreInThePendingTable() {
    its.execute(new ItsCommand.Mapd(DEVICE, 5, true));
    List<List<String>> states = new ArrayList<>();
    for (int event = 0; event < 2; event++) {
      its.execute(new ItsCommand.Mapti(DEVICE, event, LPI + event, 0));
    }
    for (int event = 0; event < 2; event++) {
      its.execute(new ItsCommand.Int(DEVICE, event));
      host.vgic.lpis().savePendingTables();
      assertThat(host.run(0)).containsExactly(LPI + event);
      states.add(State.of(host.vm));
    }
    assertThat(states.get(0)).isNotEqualTo(states.get(1));
  }

  /** Commands are kept while the ITS is off: which ones counts, not only how many. */
  @Test
  void theCommandsThatWait() {
    its.enable(false);
    its.execute(new ItsCommand.Mapd(DEVICE, 5, true));
    List<String> mapped = State.of(host.vm);
    its.reset();
    its.execute(new ItsCommand.Mapd(DEVICE, 5, true));
    List<String> one = State.of(host.vm);
    its.reset();
    its.execute(new ItsCommand.Mapd(DEVICE, 5, false));
    assertThat(one).isNotEqualTo(mapped); // it lost its tables as well
    assertThat(State.of(host.vm)).isNotEqualTo(one);
  }

  @Test
  void whatUserspaceSavedOfAnIts() {
    State.assertEachStepShows(
        host.vm,
        its::saveTables,
        () -> its.execute(new ItsCommand.Mapd(DEVICE, 5, true)),
        its::saveTables,
        () -> its.execute(new ItsCommand.Mapd(DEVICE, 6, true)),
        its::saveTables); // as many as before, but others
  }

  @Test
  void howUserspaceSetsUpTheController() {
    ArmHost bare = new ArmHost();
    KvmDevice[] gic = new KvmDevice[1];
    State.assertEachStepShows(
        bare.vm,
        () -> bare.vm.createVcpu(0),
        () -> gic[0] = bare.device(bare.vm.createDevice(Arm64.DEVICE_VGIC_V3, 0)),
        () ->
            gic[0].setAttr(
                DeviceAttributes.GROUP_ADDR,
                DeviceAttributes.ADDR_V3_DIST,
                ArmHost.u64(0x08000000)),
        () -> gic[0].setAttr(DeviceAttributes.GROUP_NR_IRQS, 0, ArmHost.u32(96)),
        () -> gic[0].setAttr(DeviceAttributes.GROUP_CTRL, DeviceAttributes.CTRL_INIT, null),
        () -> bare.vgic.setOwner(0, SPI, this));
  }

  /** Linux 6.1 still goes by the route that was taken away. */
  @Test
  void theRouteThatWas() {
    int eventfd = host.eventfd();
    host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.msi(GSI, DOORBELL, 0, DEVICE)), 0);
    host.vm.irqfd(IrqfdRequest.assign(eventfd, GSI));
    host.vm.setGsiRouting(ImmutableList.of(), 0);
    List<String> first = State.of(host.vm);
    State.assertEachStepShows(
        host.vm,
        () ->
            host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.msi(GSI, DOORBELL, 1, DEVICE)), 0),
        () -> host.vm.setGsiRouting(ImmutableList.of(), 0));
    assertThat(State.of(host.vm)).isNotEqualTo(first);
  }
}
