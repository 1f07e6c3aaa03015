package org.irqbypass.kvm.arm64;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.arm64.ArmHost.errnoOf;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.collect.ImmutableList;
import org.irqbypass.errno.Errno;
import org.irqbypass.kvm.KvmDevice;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vcpu.Scheduling;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** How long an LPI lives, what the guest's tables say of it, and what an ITS forgets when. */
final class LpiTablesTest {
  private static final int DEVICE = 32;
  private static final int LPI = 8192;
  private static final int PRIORITY = 0xa0;
  private static final int UNMAPPED_COLLECTION = 7;

  @RegisterExtension final ArmHost host = new ArmHost().withIts(3);
  private final Its its = host.arm64.itses().get(0);
  private final LpiTables lpis = host.vgic.lpis();
  private final Arm64Vcpu vcpu = host.vcpu(0);

  private LpiTablesTest() {
    its.execute(new ItsCommand.Mapd(DEVICE, 5, true));
    its.execute(new ItsCommand.Mapti(DEVICE, 0, LPI, 0));
  }

  /** A message arrives; whether the guest takes it. */
  private boolean raise(int event) {
    return host.vm.signalMsi(Msi.of(its.doorbell(), event, DEVICE)) == 1;
  }

  private void its(ItsCommand command) {
    assertThat(its.execute(command)).isTrue();
  }

  private KvmDevice device() {
    return host.vm.devices().stream()
        .filter(ItsKvmDevice.class::isInstance)
        .findFirst()
        .orElseThrow();
  }

  private void order(int attribute) {
    device().setAttr(DeviceAttributes.GROUP_CTRL, attribute, null);
  }

  /** A new translation reads the properties of an LPI that is not there, and only of such. */
  private void assertForgotten() {
    lpis.writeProperties(LPI, PRIORITY, false);
    its(new ItsCommand.Mapti(DEVICE, 30, LPI, 0));
    assertThat(raise(30)).isTrue();
    assertThat(host.run(0)).isEmpty();
  }

  // ---- How long an LPI lives

  @Test
  void anLpiGoesWithItsOnlyTranslation() {
    its(new ItsCommand.Discard(DEVICE, 0));
    assertForgotten();
  }

  @Test
  void anLpiLivesAsLongAsATranslationLeadsToIt() {
    its(new ItsCommand.Mapti(DEVICE, 1, LPI, 0));
    its(new ItsCommand.Discard(DEVICE, 0));
    its(new ItsCommand.Movall(0, 1));
    assertThat(raise(1)).isTrue();
    assertThat(host.run(0)).isEmpty();
    assertThat(host.run(1)).containsExactly(LPI);
    its(new ItsCommand.Discard(DEVICE, 1));
    assertForgotten();
  }

  @Test
  void anLpiThatIsPendingLivesUntilItIsTaken() {
    assertThat(raise(0)).isTrue();
    its(new ItsCommand.Discard(DEVICE, 0));
    its(new ItsCommand.Mapti(DEVICE, 1, LPI, 0));
    assertThat(raise(1)).isTrue(); // the same LPI, which is pending already
    assertThat(host.run(0)).containsExactly(LPI);

    assertThat(raise(1)).isTrue();
    its(new ItsCommand.Discard(DEVICE, 1));
    assertThat(host.run(0)).containsExactly(LPI);
    assertForgotten();
  }

  @Test
  void anLpiThatIsDisabledWhileItWaitsWithoutTranslationIsForgotten() {
    assertThat(raise(0)).isTrue();
    its(new ItsCommand.Discard(DEVICE, 0));
    lpis.writeProperties(LPI, PRIORITY, false);
    its(new ItsCommand.Invall(0));
    lpis.writeProperties(LPI, PRIORITY, true);
    its(new ItsCommand.Mapti(DEVICE, 1, LPI, 0));
    its(new ItsCommand.Inv(DEVICE, 1));
    assertThat(host.run(0)).isEmpty();
  }

  @Test
  void anLpiWithoutTranslationIsForgottenWhereItsVcpusLpisGoOff() {
    assertThat(raise(0)).isTrue();
    its(new ItsCommand.Discard(DEVICE, 0));
    host.arm64.enableLpis(0, false);
    host.arm64.enableLpis(0, true);
    assertForgotten();
  }

  // ---- The tables in the guest's memory

  @Test
  void anLpiThatIsMadeAnewIsPendingAsTheGuestsTableSays_once() {
    assertThat(raise(0)).isTrue();
    lpis.savePendingTables();
    assertThat(host.run(0)).containsExactly(LPI);
    its(new ItsCommand.Discard(DEVICE, 0));
    assertThat(vcpu.block()).isTrue();

    its(new ItsCommand.Mapti(DEVICE, 0, LPI, 0));

    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(host.run(0)).containsExactly(LPI);
    its(new ItsCommand.Discard(DEVICE, 0));
    its(new ItsCommand.Mapti(DEVICE, 0, LPI, 0));
    assertThat(host.run(0)).isEmpty();
  }

  @Test
  void whatStandsInAListRegisterIsSavedAsPendingUntilItIsTaken() {
    assertThat(raise(0)).isTrue();
    vcpu.enter();
    assertThat(vcpu.listRegisters()).hasSize(1);
    lpis.savePendingTables();
    assertThat(lpis.readPendingTable(0, LPI)).isTrue();
    assertThat(vcpu.take()).isEqualTo(LPI);
    lpis.savePendingTables();
    assertThat(lpis.readPendingTable(0, LPI)).isFalse();
  }

  @Test
  void anLpiThatGoesNowhereIsSavedNowhere() {
    its(new ItsCommand.Mapti(DEVICE, 1, LPI + 1, UNMAPPED_COLLECTION));
    assertThat(raise(1)).isFalse();
    lpis.savePendingTables();
    for (int index = 0; index < 3; index++) {
      assertThat(lpis.readPendingTable(index, LPI + 1)).isFalse();
    }
  }

  @Test
  void thePropertiesAreThoseOfLpisAndOfNothingElse() {
    lpis.writeProperties(Vgic.LPI_LIMIT - 1, PRIORITY, true);
    for (int bad : new int[] {Vgic.FIRST_LPI - 1, Vgic.LPI_LIMIT}) {
      assertThrows(
          IndexOutOfBoundsException.class, () -> lpis.writeProperties(bad, PRIORITY, true));
    }
  }

  @Test
  void switchingLpisOnWakesWhoBlocks() {
    assertThat(raise(0)).isTrue();
    lpis.savePendingTables();
    host.arm64.enableLpis(0, false);
    assertThat(vcpu.block()).isTrue();
    host.arm64.enableLpis(0, true);
    assertThat(vcpu.scheduling()).isEqualTo(Scheduling.PREEMPTED);
    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void switchingLpisOffTakesThemBackFromAGuestThatExecutes() {
    assertThat(raise(0)).isTrue();
    vcpu.enter();
    assertThat(vcpu.listRegisters()).hasSize(1);
    host.arm64.enableLpis(0, false);
    assertThat(vcpu.hasPending()).isFalse();
    assertThat(vcpu.take()).isEqualTo(-1);
    assertThat(vcpu.listRegisters()).isEmpty();

    lpis.savePendingTables();
    host.arm64.enableLpis(0, true);
    assertThat(vcpu.take()).isEqualTo(-1);
  }

  // ---- Commands

  @Test
  void movallMovesTheLpisOfOneVcpuOnly() {
    its(new ItsCommand.Mapti(DEVICE, 2, LPI + 2, 2));
    its(new ItsCommand.Movall(0, 1));
    assertThat(raise(0)).isTrue();
    assertThat(raise(2)).isTrue();
    assertThat(host.run(1)).containsExactly(LPI);
    assertThat(host.run(2)).containsExactly(LPI + 2);
  }

  @Test
  void aMessageIsForTheItsInWhoseRangeItIsWritten() {
    long base = GicBringUp.ITS_BASE;
    assertThat(host.vm.signalMsi(Msi.of(base, 0, DEVICE))).isEqualTo(1);
    assertThat(host.vm.signalMsi(Msi.of(base + Its.SIZE - 4, 0, DEVICE))).isEqualTo(1);
    for (long beside : new long[] {base - 4, base + Its.SIZE}) {
      assertThat(errnoOf(() -> host.vm.signalMsi(Msi.of(beside, 0, DEVICE))))
          .isEqualTo(Errno.EINVAL);
    }
    assertThat(errnoOf(() -> host.vm.signalMsi(Msi.of(base, 0)))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void whatAnItsThatIsOffRefusesIsBusy_andARouteTellsItsCaller() {
    host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.msi(10, its.doorbell(), 0, DEVICE)), 0);
    assertThat(host.vm.setIrq(0, 10, 1, false)).isEqualTo(1);
    assertThat(host.vm.setIrq(0, 10, 0, false)).isEqualTo(-1);
    assertThat(host.arm64.lpiOf(10)).isEqualTo(LPI);
    assertThat(host.arm64.lpiOf(11)).isEqualTo(-1);
    its.enable(false);
    assertThat(host.vm.setIrq(0, 10, 1, false)).isEqualTo(-1);
    assertThat(errnoOf(() -> raise(0))).isEqualTo(Errno.EBUSY);
    its.enable(true);
    its(new ItsCommand.Mapti(DEVICE, 1, LPI + 1, UNMAPPED_COLLECTION));
    host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.msi(10, its.doorbell(), 1, DEVICE)), 0);
    assertThat(host.arm64.lpiOf(10)).isEqualTo(-1);
  }

  @Test
  void aDeviceOrACollectionBeyondSixteenBitsIsIgnored() {
    its(new ItsCommand.Mapd(1 << 16, 5, true));
    its(new ItsCommand.Mapti(1 << 16, 0, LPI + 1, 0));
    assertThat(host.vm.signalMsi(Msi.of(its.doorbell(), 0, 1 << 16))).isEqualTo(0);
    its(new ItsCommand.Mapc(1 << 16, 0, true));
    its(new ItsCommand.Mapti(DEVICE, 1, LPI + 1, 1 << 16));
    assertThat(raise(1)).isFalse();
  }

  @Test
  void aDeviceOfTooManyEventsIsIgnored_butItsEndIsNot() {
    its(new ItsCommand.Mapd(DEVICE, 17, true));
    assertThat(raise(0)).isTrue();
    its(new ItsCommand.Mapd(DEVICE, 17, false));
    assertThat(raise(0)).isFalse();
    its(new ItsCommand.Mapd(DEVICE, 16, true));
    its(new ItsCommand.Mapti(DEVICE, 0, LPI, 0));
    assertThat(raise(0)).isTrue();
  }

  @Test
  void aCollectionForAVcpuThatIsNotThereStaysWhereItWas() {
    its(new ItsCommand.Mapc(0, 3, true));
    its(new ItsCommand.Mapc(0, 3, false));
    its(new ItsCommand.Mapc(0, -1, true));
    assertThat(raise(0)).isTrue();
    assertThat(host.run(0)).containsExactly(LPI);
  }

  @Test
  void moviIsIgnoredFromOrToACollectionThatGoesNowhere() {
    its(new ItsCommand.Mapti(DEVICE, 1, LPI + 1, UNMAPPED_COLLECTION));
    its(new ItsCommand.Movi(DEVICE, 1, 1));
    assertThat(raise(1)).isFalse();
    its(new ItsCommand.Movi(DEVICE, 0, UNMAPPED_COLLECTION));
    its(new ItsCommand.Movi(DEVICE, 9, 1));
    its(new ItsCommand.Movi(99, 0, 1));
    assertThat(raise(0)).isTrue();
    assertThat(host.run(0)).containsExactly(LPI);
  }

  /** What was translated lately is not translated so when the guest has taken it away. */
  @Test
  void whatAnItsRemembersGoesWithTheDeviceAndTheCollection() {
    assertThat(raise(0)).isTrue();
    its(new ItsCommand.Mapd(DEVICE, 5, true));
    assertThat(raise(0)).isFalse();
    its(new ItsCommand.Mapti(DEVICE, 0, LPI, 0));
    assertThat(raise(0)).isTrue();
    its(new ItsCommand.Mapc(0, 0, false));
    assertThat(raise(0)).isFalse();
  }

  // ---- A reset

  private void resetAndSwitchOn() {
    order(DeviceAttributes.CTRL_ITS_RESET);
    its.provideTables();
    its.enable(true);
    assertThat(its.isEnabled()).isTrue();
  }

  @Test
  void aResetForgetsDevices() {
    resetAndSwitchOn();
    its(new ItsCommand.Mapc(0, 0, true));
    its(new ItsCommand.Mapti(DEVICE, 0, LPI, 0));
    assertThat(raise(0)).isFalse();
  }

  @Test
  void aResetForgetsCollections() {
    resetAndSwitchOn();
    its(new ItsCommand.Mapd(DEVICE, 5, true));
    its(new ItsCommand.Mapti(DEVICE, 0, LPI, 0));
    assertThat(raise(0)).isFalse();
  }

  @Test
  void aResetForgetsWhatIsQueued() {
    its.enable(false);
    assertThat(its.execute(new ItsCommand.Mapc(0, 0, true))).isFalse();
    assertThat(its.execute(new ItsCommand.Mapd(DEVICE, 5, true))).isFalse();
    assertThat(its.execute(new ItsCommand.Mapti(DEVICE, 0, LPI, 0))).isFalse();
    resetAndSwitchOn();
    assertThat(raise(0)).isFalse();
  }

  @Test
  void anItsWithoutTablesSavesNothingOverWhatWasSaved() {
    order(DeviceAttributes.CTRL_ITS_SAVE_TABLES);
    order(DeviceAttributes.CTRL_ITS_RESET);
    order(DeviceAttributes.CTRL_ITS_SAVE_TABLES);
    its.provideTables();
    its.enable(true);
    order(DeviceAttributes.CTRL_ITS_RESTORE_TABLES);
    assertThat(raise(0)).isTrue();
    assertThat(host.run(0)).containsExactly(LPI);
  }

  /** A host that delivers no virtual LPIs is asked nothing of them. */
  @Test
  void withoutVirtualLpisTheHardwareIsToldNothing() {
    its(new ItsCommand.Invall(0));
    its(new ItsCommand.Movi(DEVICE, 0, 1));
    host.descriptors.close(host.vmFd);
    assertThat(host.events(VgicEvent.ItsInvallVpe.class)).isEmpty();
    assertThat(host.events(VgicEvent.ItsGetVlpi.class)).isEmpty();
    assertThat(host.events(VgicEvent.V4Teardown.class)).isEmpty();
  }
}
