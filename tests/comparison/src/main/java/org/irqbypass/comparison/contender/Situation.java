package org.irqbypass.comparison.contender;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;

/**
 * What userspace can name before a step.
 *
 * @param chips the VMs whose guest interrupt controller is there
 * @param forwarders by VM, the KVM-VFIO device of the scenario's own
 * @param groups the devices whose groups were added to the KVM-VFIO device of a VM, as {@code
 *     vm/device}
 * @param routes by {@code vm/gsi}, what each guest interrupt is
 */
record Situation(
    ImmutableSet<String> chips,
    ImmutableMap<String, String> forwarders,
    ImmutableSet<String> groups,
    ImmutableMap<String, String> routes) {}
