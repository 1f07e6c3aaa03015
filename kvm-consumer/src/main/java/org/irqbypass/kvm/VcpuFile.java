package org.irqbypass.kvm;

import org.irqbypass.eventfd.OpenFile;

/** An open vCPU, which keeps its VM alive. */
final class VcpuFile extends OpenFile {
  private final Vcpu vcpu;

  VcpuFile(Vcpu vcpu) {
    this.vcpu = vcpu;
  }

  Vcpu vcpu() {
    return vcpu;
  }

  @Override
  protected void release() {
    try {
      vcpu.leave();
    } finally {
      vcpu.vm().put();
    }
  }

  @Override
  public String toString() {
    return vcpu.toString();
  }
}
