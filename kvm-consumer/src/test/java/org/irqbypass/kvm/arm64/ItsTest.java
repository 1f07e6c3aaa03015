package org.irqbypass.kvm.arm64;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableList;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.KvmDevice;
import org.irqbypass.kvm.KvmEvent;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.RoutingEntry;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The guest's ITS commands, as recorded on a host without virtual LPIs. */
final class ItsTest {
  private static final int DEVICE = 32;
  private static final int LPI = 8192;
  private static final long DOORBELL = 0x08090040;

  @RegisterExtension final ArmHost host = new ArmHost().withIts(2);
  private final Its its = host.arm64.itses().get(0);
  private final int eventfd = host.eventfd();

  private ItsTest() {
    its.execute(new ItsCommand.Mapd(DEVICE, 5, true));
    its.execute(new ItsCommand.Mapti(DEVICE, 0, LPI, 0));
    host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.msi(10, DOORBELL, 0, DEVICE)), 0);
    host.vm.irqfd(IrqfdRequest.assign(eventfd, 10));
    host.events.clear();
  }

  private void raise() {
    host.write(eventfd);
  }

  private boolean pendingInTable(int vcpu) {
    host.vgic.lpis().savePendingTables();
    return host.vgic.lpis().readPendingTable(vcpu, LPI);
  }

  @Test
  void theFirstMessageTakesAWorkItemAndTheNextIsInjectedInPlace() {
    raise();
    assertThat(host.events(KvmEvent.IrqfdInject.class)).hasSize(1);
    assertThat(host.run(0)).containsExactly(LPI);
    host.events.clear();

    host.context(eventfd).write(1);

    assertThat(host.events(KvmEvent.IrqfdInject.class)).isEmpty();
    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void aMessageIsToldInLinuxsOrder() {
    raise();

    assertThat(host.events.stream().filter(VgicEvent.class::isInstance).toList())
        .containsExactly(
            new VgicEvent.SetIrqInatomic(1),
            new VgicEvent.ItsInjectCachedTranslation(),
            new VgicEvent.Returned(VgicFunction.VGIC_ITS_INJECT_CACHED_TRANSLATION, -11),
            new VgicEvent.Returned(VgicFunction.KVM_ARCH_SET_IRQ_INATOMIC, -11),
            new VgicEvent.SetMsi(1),
            new VgicEvent.ItsInjectMsi(),
            new VgicEvent.ItsInjectCachedTranslation(),
            new VgicEvent.Returned(VgicFunction.VGIC_ITS_INJECT_CACHED_TRANSLATION, -11),
            new VgicEvent.ItsResolveLpi(DEVICE, 0),
            new VgicEvent.Returned(VgicFunction.VGIC_ITS_RESOLVE_LPI, 0),
            new VgicEvent.Returned(VgicFunction.VGIC_ITS_INJECT_MSI, 1),
            new VgicEvent.Returned(VgicFunction.KVM_SET_MSI, 1),
            new VgicEvent.SetMsi(0),
            new VgicEvent.Returned(VgicFunction.KVM_SET_MSI, -1))
        .inOrder();
  }

  @Test
  void discardDropsTheTranslationAndAnewMaptiMakesItAgain() {
    raise();
    assertThat(host.run(0)).containsExactly(LPI);
    its.execute(new ItsCommand.Discard(DEVICE, 0));
    raise();
    assertThat(host.run(0)).isEmpty();

    its.execute(new ItsCommand.Mapti(DEVICE, 0, LPI, 0));
    raise();
    assertThat(host.run(0)).containsExactly(LPI);
  }

  /** What is remembered of a translation goes with it, also where its LPI lives on. */
  @Test
  void aDiscardedTranslationLeadsNowhereThoughAnotherLeadsToItsLpi() {
    its.execute(new ItsCommand.Mapti(DEVICE, 1, LPI, 0));
    raise();
    assertThat(host.run(0)).containsExactly(LPI);
    its.execute(new ItsCommand.Discard(DEVICE, 0));
    raise();
    assertThat(host.run(0)).isEmpty();
  }

  @Test
  void whatWasPendingAtADiscardIsStillTaken() {
    raise();
    its.execute(new ItsCommand.Discard(DEVICE, 0));

    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void aSecondMaptiOfAnEventIsIgnored() {
    its.execute(new ItsCommand.Mapti(DEVICE, 0, 8200, 0));
    raise();

    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void mapdStartsTheDeviceAnew() {
    its.execute(new ItsCommand.Mapd(DEVICE, 5, true));
    raise();
    assertThat(host.run(0)).isEmpty();
    assertThat(host.events(VgicEvent.ItsFreeDevice.class)).hasSize(1);
  }

  @Test
  void aCollectionTakenAwayDoesNotComeBackToItsTranslations() {
    its.execute(new ItsCommand.Mapc(0, 0, false));
    its.execute(new ItsCommand.Mapc(0, 0, true));
    raise();

    assertThat(host.run(0)).isEmpty();
    assertThat(host.vm.signalMsi(Msi.of(DOORBELL, 0, DEVICE))).isEqualTo(0);
  }

  @Test
  void aCollectionThatMovesTakesItsLpisAlong() {
    its.execute(new ItsCommand.Mapc(0, 1, true));
    raise();

    assertThat(host.run(0)).isEmpty();
    assertThat(host.run(1)).containsExactly(LPI);
  }

  @Test
  void moviMovesAnEventAndWhatIsPending() {
    raise();
    its.execute(new ItsCommand.Movi(DEVICE, 0, 1));
    assertThat(host.run(0)).isEmpty();
    assertThat(host.run(1)).containsExactly(LPI);
    raise();
    assertThat(host.run(1)).containsExactly(LPI);
  }

  @Test
  void moviToACollectionThatIsNotMappedIsIgnored() {
    its.execute(new ItsCommand.Movi(DEVICE, 0, 7));
    raise();

    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void movallMovesAllLpisOfAVcpu() {
    raise();
    its.execute(new ItsCommand.Movall(0, 1));
    assertThat(host.run(0)).isEmpty();
    assertThat(host.run(1)).containsExactly(LPI);
  }

  @Test
  void intAndClearActOnThePendingState() {
    its.execute(new ItsCommand.Int(DEVICE, 0));
    assertThat(pendingInTable(0)).isTrue();
    its.execute(new ItsCommand.Clear(DEVICE, 0));
    assertThat(pendingInTable(0)).isFalse();
    assertThat(host.run(0)).isEmpty();
  }

  @Test
  void propertiesComeIntoForceAtInv() {
    host.vgic.lpis().writeProperties(LPI, 0xa0, false);
    raise();
    assertThat(host.run(0)).containsExactly(LPI);

    its.execute(new ItsCommand.Inv(DEVICE, 0));
    raise();
    assertThat(host.run(0)).isEmpty();

    host.vgic.lpis().writeProperties(LPI, 0xa0, true);
    its.execute(new ItsCommand.Invall(0));
    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void propertiesWrittenForAllAreThoseOfEach() {
    LpiTables lpis = host.vgic.lpis();
    lpis.writeProperties(LPI, 0x40, true);
    lpis.writeAllProperties(0x40, false);
    its.execute(new ItsCommand.Inv(DEVICE, 0));
    raise();
    assertThat(host.run(0)).isEmpty();
  }

  @Test
  void switchedOffTheItsTranslatesNothingAndQueuesCommands() {
    raise();
    assertThat(host.run(0)).containsExactly(LPI);
    its.enable(false);
    raise();
    assertThat(host.run(0)).isEmpty();

    assertThat(its.execute(new ItsCommand.Int(DEVICE, 0))).isFalse();
    its.enable(true);
    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void aResetItsHasNothingAndDoesNotComeOnWithoutTables() {
    KvmDevice device =
        host.vm.devices().stream().filter(ItsKvmDevice.class::isInstance).findFirst().orElseThrow();
    device.setAttr(DeviceAttributes.GROUP_CTRL, DeviceAttributes.CTRL_ITS_RESET, null);
    its.enable(true);
    raise();
    assertThat(host.run(0)).isEmpty();
    assertThat(its.isEnabled()).isFalse();
  }

  @Test
  void savedTablesAreRestored() {
    KvmDevice device =
        host.vm.devices().stream().filter(ItsKvmDevice.class::isInstance).findFirst().orElseThrow();
    device.setAttr(DeviceAttributes.GROUP_CTRL, DeviceAttributes.CTRL_ITS_SAVE_TABLES, null);
    device.setAttr(DeviceAttributes.GROUP_CTRL, DeviceAttributes.CTRL_ITS_RESET, null);
    its.provideTables();
    its.enable(true);
    device.setAttr(DeviceAttributes.GROUP_CTRL, DeviceAttributes.CTRL_ITS_RESTORE_TABLES, null);
    raise();

    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void aVcpuWithoutLpisGetsNone() {
    raise();
    host.arm64.enableLpis(0, false);
    assertThat(host.run(0)).isEmpty();
    raise();
    assertThat(host.run(0)).isEmpty();

    host.arm64.enableLpis(0, true);
    raise();
    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void thePendingTableIsReadWhenLpisComeOn() {
    raise();
    host.vgic.lpis().savePendingTables();
    host.arm64.enableLpis(0, false);
    host.arm64.enableLpis(0, true);

    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void badNumbersAreIgnored() {
    its.execute(new ItsCommand.Mapd(1 << 16, 5, true));
    its.execute(new ItsCommand.Mapti(DEVICE, 32, 8300, 0));
    its.execute(new ItsCommand.Mapti(DEVICE, 1, 8191, 0));
    its.execute(new ItsCommand.Mapti(DEVICE, 1, 1 << 16, 0));
    its.execute(new ItsCommand.Mapti(99, 1, 8300, 0));
    its.execute(new ItsCommand.Mapc(5, 9, true));
    its.execute(new ItsCommand.Mapc(5, -1, true));
    its.execute(new ItsCommand.Discard(99, 1));
    its.execute(new ItsCommand.Inv(99, 1));
    its.execute(new ItsCommand.Invall(99));
    its.execute(new ItsCommand.Movall(0, 9));
    assertThat(its.execute(new ItsCommand.Sync())).isTrue();

    for (int event = 1; event < 40; event++) {
      assertThat(host.vm.signalMsi(Msi.of(DOORBELL, event, DEVICE))).isEqualTo(0);
    }
  }

  @Test
  void mapiTranslatesToTheSameNumber() {
    its.execute(new ItsCommand.Mapd(DEVICE, 16, true));
    its.execute(new ItsCommand.Mapi(DEVICE, 9000, 1));

    assertThat(host.vm.signalMsi(Msi.of(DOORBELL, 9000, DEVICE))).isEqualTo(1);
    assertThat(host.run(1)).containsExactly(9000);
  }

  @Test
  void manyTranslationsAreRemembered() {
    its.execute(new ItsCommand.Mapd(DEVICE, 10, true));
    for (int event = 0; event < 1000; event++) {
      its.execute(new ItsCommand.Mapti(DEVICE, event, LPI + event, 0));
      assertThat(host.vm.signalMsi(Msi.of(DOORBELL, event, DEVICE))).isEqualTo(1);
    }
    host.events.clear();
    for (int event = 0; event < 1000; event++) {
      assertThat(host.vm.signalMsi(Msi.of(DOORBELL, event, DEVICE))).isEqualTo(1);
    }
    assertThat(host.events(VgicEvent.ItsResolveLpi.class)).isEmpty();
    int taken = 0;
    for (int i = 0; i < 16; i++) {
      taken += host.run(0).size();
    }
    assertThat(taken).isEqualTo(1000);
  }
}
