package org.irqbypass.kvm;

/**
 * What differs between kernels in KVM.
 *
 * @param irqfdUniquePerHost whether an eventfd can be bound by one irqfd of the host only (since
 *     6.17), or by one of each VM, of which all but one silently get nothing (before)
 * @param hypervSintRoutes whether a route of type {@code KVM_IRQ_ROUTING_HV_SINT} is accepted,
 *     though it injects nothing; 6.18 was recorded to refuse it
 * @param smiReachesCpu whether an SMI counts as delivered ({@code kvm_inject_smi()}); 6.18 was
 *     recorded to deliver none
 * @param logicalNeedsLogicalId whether a message to a logical destination fails with {@code EPERM}
 *     while no local APIC has a logical ID, as on 6.1; newer kernels deliver it to nobody and
 *     return 0
 * @param consumersNeedHardware whether irqfds are registered as consumers only on a host that can
 *     bypass; false in both profiles, because a platform that cannot is defined to connect and to
 *     post nothing
 * @param virtualLpis what differs on hosts that deliver messages as virtual LPIs
 */
public record KvmRules(
    boolean irqfdUniquePerHost,
    boolean hypervSintRoutes,
    boolean smiReachesCpu,
    boolean logicalNeedsLogicalId,
    boolean consumersNeedHardware,
    VirtualLpiRules virtualLpis) {
  /** Linux 6.1. */
  public static final KvmRules LINUX_6_1 =
      new KvmRules(false, true, true, true, false, VirtualLpiRules.LINUX_6_1);

  /** Linux 6.17. */
  public static final KvmRules LINUX_6_17 =
      new KvmRules(true, false, false, false, false, VirtualLpiRules.LINUX_6_17);
}
