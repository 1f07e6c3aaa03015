package org.irqbypass.comparison.explain;

import com.google.common.collect.ImmutableList;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.errno.Errno;
import org.irqbypass.registry.BypassStatus;
import org.jspecify.annotations.Nullable;

/**
 * Which way an interrupt goes at one moment, and why. Immutable.
 *
 * @param interrupt which
 * @param cause why
 * @param errno with which one end refused the other, or null
 * @param vfio what VFIO's end says of itself
 * @param irqfd what KVM's end says of itself; null where the eventfd has no irqfd
 * @param hops from the device to the vCPU, as far as it comes
 */
public record Explanation(
    Interrupt interrupt,
    Cause cause,
    @Nullable Errno errno,
    BypassStatus vfio,
    @Nullable BypassStatus irqfd,
    ImmutableList<Hop> hops) {}
