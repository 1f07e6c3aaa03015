package org.irqbypass.kvm.x86;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.KvmHost.irr;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.Arrays;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.KvmEvent;
import org.irqbypass.kvm.KvmHost;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.kvm.Vm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The IOAPIC: edges, levels, remote IRR, masks, the real-time clock's pin. */
class IoApicTest {
  @RegisterExtension final KvmHost host = KvmHost.remapped();
  private final Vm vm = host.vm(1);
  private final IoApic ioApic = X86Vm.of(vm).ioApic();
  private final X86Vcpu vcpu = KvmHost.vcpu(vm, 0);

  private void program(int pin, int vector, boolean level, boolean masked) {
    ioApic.writeRedirection(pin, Redirection.entry(vector, 0, level, masked));
  }

  private void guestRuns() {
    vcpu.end(vcpu.take());
  }

  @Test
  void allPinsAreMaskedAtFirst() {
    for (int pin = 0; pin < IoApic.PINS; pin++) {
      assertThat(ioApic.redirection(pin)).isEqualTo(Redirection.MASKED);
    }
  }

  @Test
  void anEdgeIsDeliveredAtEachRise() {
    program(20, 0x41, false, false);
    vm.irqLine(20, 1);
    assertThat(irr(vm)).containsExactly(0x41);
    guestRuns();
    vm.irqLine(20, 1); // still high
    assertThat(irr(vm)).isEmpty();
    vm.irqLine(20, 0);
    vm.irqLine(20, 1);
    assertThat(irr(vm)).containsExactly(0x41);
  }

  @Test
  void aDeliveredEdgeIsNotAmongWhatIsPending() {
    program(20, 0x41, false, false);
    vm.irqLine(20, 1);
    assertThat(ioApic.irr()).isEqualTo(0);
    program(21, 0x42, false, true);
    vm.irqLine(21, 1);
    assertThat(ioApic.irr()).isEqualTo(1 << 21);
  }

  @Test
  void aLevelIsDeliveredAgainAtTheEndWhileItIsHigh() {
    program(20, 0x41, true, false);
    vm.irqLine(20, 1);
    assertThat(ioApic.redirection(20) & Redirection.REMOTE_IRR).isNotEqualTo(0L);
    guestRuns();
    assertThat(irr(vm)).containsExactly(0x41);
    vm.irqLine(20, 0);
    guestRuns();
    assertThat(irr(vm)).isEmpty();
    assertThat(ioApic.redirection(20) & Redirection.REMOTE_IRR).isEqualTo(0L);
  }

  @Test
  void aLevelThatFellBeforeItsEndStaysPendingAtTheLocalApic() {
    program(20, 0x41, true, false);
    vm.irqLine(20, 1);
    vm.irqLine(20, 0);
    assertThat(irr(vm)).containsExactly(0x41);
  }

  @Test
  void unmaskingAHighLevelDeliversIt_unmaskingAnEdgeDoesNot() {
    program(20, 0x41, true, true);
    program(21, 0x42, false, true);
    vm.irqLine(20, 1);
    vm.irqLine(21, 1);
    program(20, 0x41, true, false);
    program(21, 0x42, false, false);
    assertThat(irr(vm)).containsExactly(0x41);
  }

  @Test
  void theGuestCannotWriteTheRemoteIrr_butAnEdgeEntryHasNone() {
    program(20, 0x41, true, false);
    vm.irqLine(20, 1);
    program(20, 0x41, true, false);
    assertThat(ioApic.redirection(20) & Redirection.REMOTE_IRR).isNotEqualTo(0L);
    program(20, 0x41, false, false);
    assertThat(ioApic.redirection(20) & Redirection.REMOTE_IRR).isEqualTo(0L);
  }

  @Test
  void userspaceSettingTheStateDrivesHighPinsAgain() {
    program(20, 0x41, true, false);
    vm.irqLine(20, 1);
    long[] entries = ioApic.redirections();
    entries[20] = Redirection.entry(0x52, 0, true, false);
    ioApic.setState(entries, ioApic.irr());
    assertThat(irr(vm)).containsExactly(0x41, 0x52);
  }

  @Test
  void theEndOfALevelVectorAcknowledgesItsPins_anEdgeVectorOnlyIfSomebodyAsked() {
    program(20, 0x41, true, false);
    program(21, 0x42, false, false);
    vm.irqLine(20, 1);
    guestRuns();
    assertThat(host.events(KvmEvent.AckIrq.class))
        .containsExactly(new KvmEvent.AckIrq(vm, IoApic.IRQCHIP, 20));
    host.events.clear();
    vm.irqLine(20, 0);
    guestRuns();
    host.events.clear();
    vm.irqLine(21, 1);
    guestRuns();
    assertThat(host.events(KvmEvent.AckIrq.class)).isEmpty();
  }

  @Test
  void theRealTimeClocksPinCoalescesUntilTheGuestsEnd() {
    program(8, 0x41, false, false);
    assertThat(vm.irqLine(8, 1)).isEqualTo(2); // IOAPIC and PIC
    vm.irqLine(8, 0);
    assertThat(vm.irqLine(8, 1)).isEqualTo(0);
    vm.irqLine(8, 0);
    guestRuns();
    assertThat(vm.irqLine(8, 1)).isEqualTo(1); // the PIC's still waits
  }

  @Test
  void theRealTimeClocksPinDoesNotCoalesceForThoseWhoDoNotAsk() {
    program(8, 0x41, false, false);
    vm.irqLine(8, 1);
    vm.irqLine(8, 0);
    vcpu.take();
    vm.irqLineWithoutStatus(8, 1);
    assertThat(irr(vm)).containsExactly(0x41);
  }

  @Test
  void theRealTimeClocksPinCoalescesWhatAMessagePutThere_onceUserspaceHasWrittenTheIoapic() {
    vm.signalMsi(Msi.of(KvmHost.APIC_0, 0x41));
    ioApic.setState(clockAt(0x41), 0);
    assertThat(vm.irqLine(8, 1)).isEqualTo(1); // the PIC's alone
  }

  @Test
  void theRealTimeClocksPinIsFreeOnceUserspaceHasEmptiedTheLocalApic() {
    program(8, 0x41, false, false);
    vm.irqLine(8, 1);
    vm.irqLine(8, 0);
    vcpu.localApic().clear();
    vm.irqLine(8, 1);
    assertThat(irr(vm)).containsExactly(0x41);
  }

  private static long[] clockAt(int vector) {
    long[] entries = new long[IoApic.PINS];
    Arrays.fill(entries, Redirection.MASKED);
    entries[8] = Redirection.entry(vector, 0, false, false);
    return entries;
  }

  @Test
  void withDirectedEoiTheRemoteIrrStays() {
    vcpu.localApic().setSpuriousVector(LocalApic.SOFTWARE_ENABLED | 1 << 12 | 0xff);
    program(20, 0x41, true, false);
    vm.irqLine(20, 1);
    guestRuns();
    assertThat(ioApic.redirection(20) & Redirection.REMOTE_IRR).isNotEqualTo(0L);
  }

  @Test
  void aLevelThatIsLowIsNotDeliveredWhenItsEntryIsWritten() {
    program(20, 0x41, true, false);
    assertThat(irr(vm)).isEmpty();
  }

  @Test
  void anEntryNamesTheLocalApicThatGetsIt() {
    Vm two = host.vm(2);
    X86Vm.of(two).ioApic().writeRedirection(20, Redirection.entry(0x41, 1, false, false));
    assertThat(two.irqLine(20, 1)).isEqualTo(1);
    assertThat(irr(two)).isEmpty();
    assertThat(KvmHost.apic(two, 1).irr()).containsExactly(0x41);
  }

  @Test
  void withDirectedEoiTheRemoteIrrStaysThoughTheLineFell() {
    vcpu.localApic().setSpuriousVector(LocalApic.SOFTWARE_ENABLED | 1 << 12 | 0xff);
    program(20, 0x41, true, false);
    vm.irqLine(20, 1);
    vm.irqLine(20, 0);
    guestRuns();
    assertThat(ioApic.redirection(20) & Redirection.REMOTE_IRR).isNotEqualTo(0L);
    assertThat(irr(vm)).isEmpty();
  }

  @Test
  void theEndOfTheRealTimeClocksEdgeDeliversNothingAgain() {
    program(8, 0x41, false, false);
    vm.irqLine(8, 1);
    guestRuns();
    assertThat(irr(vm)).isEmpty();
  }

  @Test
  void userspaceDrivesThePinsItNamesAndNoOthers() {
    long[] entries = ioApic.redirections();
    entries[20] = Redirection.entry(0x52, 0, true, false);
    entries[21] = Redirection.entry(0x53, 0, true, false);
    ioApic.setState(entries, 1 << 20 | 1 << 24); // there is no pin 24
    assertThat(irr(vm)).containsExactly(0x52);
    assertThrows(IllegalArgumentException.class, () -> ioApic.setState(new long[23], 0));
  }

  @Test
  void theRealTimeClocksPinWaitsForAnEndThatIsStillToComeInService() {
    vm.signalMsi(Msi.of(KvmHost.APIC_0, 0x41));
    assertThat(vcpu.take()).isEqualTo(0x41);
    ioApic.setState(clockAt(0x41), 0);
    assertThat(vm.irqLine(8, 1)).isEqualTo(1); // the PIC's alone
    assertThat(irr(vm)).isEmpty();
  }

  @Test
  void userspaceWritingTheIoapicForgetsWhoHadToEndTheRealTimeClocksInterrupt() {
    program(8, 0x41, false, false);
    vm.irqLine(8, 1);
    vm.irqLine(8, 0);
    assertThat(vcpu.take()).isEqualTo(0x41);
    long[] entries = clockAt(0x41);
    entries[8] = Redirection.entry(0x41, 9, false, false); // to nobody who is there
    ioApic.setState(entries, 0);
    program(8, 0x41, false, false);
    vm.irqLine(8, 1);
    assertThat(irr(vm)).containsExactly(0x41);
  }

  @Test
  void movingAPendingVectorByForceEndsNoWaitOfTheRealTimeClock() {
    program(8, 0x41, false, false);
    vm.irqLine(8, 1);
    vm.irqLine(8, 0);
    assertThat(vcpu.localApic().forceIntoService()).isEqualTo(0x41);
    assertThat(vm.irqLine(8, 1)).isEqualTo(0); // neither's: the PIC's still waits
  }

  /** Where hardware ends interrupts, only those ends are exits that somebody waits for. */
  @Test
  void theEndOfTheRealTimeClocksVectorIsAnExitThoughItsEntryHasChanged() {
    KvmHost posting = new KvmHost();
    Vm guest = posting.vm(1);
    IoApic own = X86Vm.of(guest).ioApic();
    X86Vcpu cpu = KvmHost.vcpu(guest, 0);
    own.writeRedirection(8, Redirection.entry(0x41, 0, false, false));
    guest.irqLine(8, 1);
    guest.irqLine(8, 0);
    cpu.enter();
    assertThat(cpu.take()).isEqualTo(0x41);
    own.writeRedirection(8, Redirection.entry(0x51, 0, false, false));
    cpu.end(0x41);
    assertThat(exitsForEnd(posting)).isEqualTo(1);
    guest.irqLine(8, 1);
    assertThat(cpu.take()).isEqualTo(0x51);
    cpu.end(0x51);
    assertThat(exitsForEnd(posting)).isEqualTo(2);
    guest.signalMsi(Msi.of(KvmHost.APIC_0, 0x61));
    assertThat(cpu.take()).isEqualTo(0x61);
    cpu.end(0x61);
    assertThat(exitsForEnd(posting)).isEqualTo(2);
  }

  private static long exitsForEnd(KvmHost of) {
    return of.events(VcpuEvent.Exit.class).stream()
        .filter(exit -> exit.reason() == VcpuEvent.Reason.EOI_TRAP)
        .count();
  }

  @Test
  void aLevelThatIsNotEndedIsNotDeliveredAgain() {
    program(20, 0x41, true, false);
    assertThat(vm.irqLine(20, 1)).isEqualTo(1);
    assertThat(vcpu.take()).isEqualTo(0x41);
    assertThat(vm.irqLine(20, 1)).isEqualTo(-1);
    assertThat(irr(vm)).isEmpty();
    vcpu.end(0x41);
    assertThat(irr(vm)).containsExactly(0x41);
  }

  @Test
  void anEntrysDeliveryModeIsTheInterrupts() {
    ioApic.writeRedirection(20, 0x400 | Redirection.entry(0x41, 0, false, false)); // NMI
    assertThat(vm.irqLine(20, 1)).isEqualTo(1);
    assertThat(irr(vm)).isEmpty();
    assertThat(vcpu.takeNmi()).isTrue();
  }

  @Test
  void theRealTimeClocksPinWaitsForTheApicOfTheEntrysId_notForTheVcpuOfThatNumber() {
    vcpu.localApic().setId(9);
    vm.signalMsi(Msi.of(KvmHost.APIC_0 | 9 << 12, 0x41));
    long[] entries = clockAt(0x41);
    entries[8] = Redirection.entry(0x41, 9, false, false);
    ioApic.setState(entries, 0);
    assertThat(vm.irqLine(8, 1)).isEqualTo(1); // the PIC's alone
  }

  @Test
  void theRealTimeClocksPinWaitsForWhatUserspaceHasMovedIntoService() {
    vm.signalMsi(Msi.of(KvmHost.APIC_0, 0x41));
    program(8, 0x41, false, false);
    assertThat(vcpu.localApic().forceIntoService()).isEqualTo(0x41);
    assertThat(vm.irqLine(8, 1)).isEqualTo(1); // the PIC's alone
    assertThat(irr(vm)).isEmpty();
  }

  /** Where hardware ends interrupts, only those ends are exits that somebody waits for. */
  @Test
  void theEndOfAnEdgeIsAnExitWhileSomebodyWaitsForIt() {
    KvmHost posting = new KvmHost();
    Vm guest = posting.vm(1);
    X86Vcpu cpu = KvmHost.vcpu(guest, 0);
    X86Vm.of(guest).ioApic().writeRedirection(20, Redirection.entry(0x41, 0, false, false));
    cpu.enter();
    guest.irqLine(20, 1);
    guest.irqLine(20, 0);
    cpu.end(cpu.take());
    assertThat(exitsForEnd(posting)).isEqualTo(0);
    int trigger = posting.eventfd();
    int resample = posting.eventfd();
    guest.irqfd(IrqfdRequest.resample(trigger, 20, resample));
    posting.context(trigger).signal();
    posting.work();
    assertThat(posting.context(resample).count()).isEqualTo(0);
    cpu.end(cpu.take());
    assertThat(exitsForEnd(posting)).isEqualTo(1);
    assertThat(posting.context(resample).count()).isEqualTo(1);
    assertThat(X86Vm.of(guest).ioApic().irr()).isEqualTo(0);
  }
}
