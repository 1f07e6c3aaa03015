package org.irqbypass.kvm.x86;

import org.irqbypass.kvm.Architecture;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.VmArchitecture;

/**
 * x86 guests, on hosts that post interrupts and on hosts that do not. Belongs to one host: it keeps
 * who waits on which physical CPU.
 */
public final class X86 implements Architecture {
  private final WakeupLists wakeupLists = new WakeupLists();

  /** Makes the architecture of one host. */
  public X86() {}

  @Override
  public VmArchitecture createVm(Vm vm) {
    return new X86Vm(vm, wakeupLists);
  }
}
