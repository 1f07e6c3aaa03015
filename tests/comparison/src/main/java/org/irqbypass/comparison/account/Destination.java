package org.irqbypass.comparison.account;

/**
 * Where in a guest an interrupt arrives.
 *
 * @param vm the VM's name in the scenario
 * @param vcpu the vCPU's number, 0 or more; -1 for an interrupt that any vCPU of the VM may take
 * @param vector the x86 vector or the GIC's INTID
 */
public record Destination(String vm, int vcpu, int vector) {
  @Override
  public String toString() {
    return "vector " + vector + " of " + vm + (vcpu < 0 ? "" : " vCPU " + vcpu);
  }
}
