package org.irqbypass.kvm.x86;

import org.irqbypass.trace.TraceEvent;

/** What the interrupt controllers of an x86 guest tell the host's listener. */
public sealed interface X86Event extends TraceEvent {
  /**
   * A message is sent to local APICs ({@code kvm_msi_set_irq}).
   *
   * @param interrupt what the message says
   */
  record MsiSetIrq(ApicInterrupt interrupt) implements X86Event {}

  /**
   * An interrupt has reached a local APIC, which may yet refuse it ({@code kvm_apic_accept_irq}).
   *
   * @param apicId which
   * @param interrupt how
   */
  record ApicAcceptIrq(int apicId, ApicInterrupt interrupt) implements X86Event {}

  /**
   * A guest sends an inter-processor interrupt ({@code kvm_apic_ipi}).
   *
   * @param command what it wrote to the interrupt command register
   */
  record ApicIpi(InterruptCommand command) implements X86Event {}

  /**
   * A pin of the IOAPIC was driven ({@code kvm_ioapic_set_irq}).
   *
   * @param entry the pin's redirection entry before, see {@link Redirection}
   * @param pin 0 to 23
   * @param coalesced whether an earlier interrupt of the pin still waits
   */
  record IoapicSetIrq(long entry, int pin, boolean coalesced) implements X86Event {}

  /**
   * A pin of a PIC was driven ({@code kvm_pic_set_irq}).
   *
   * @param chip 0 or 1
   * @param pin 0 to 7
   * @param level triggered by level, not by edge
   * @param masked whether the pin is masked
   * @param coalesced whether an earlier interrupt of the pin still waits
   */
  record PicSetIrq(int chip, int pin, boolean level, boolean masked, boolean coalesced)
      implements X86Event {}

  /**
   * The guest's end of interrupt was emulated ({@code kvm_eoi}). Where hardware emulates it, only
   * vectors that the IOAPIC waits for get here.
   *
   * @param apicId whose
   * @param vector which
   */
  record Eoi(int apicId, int vector) implements X86Event {}
}
