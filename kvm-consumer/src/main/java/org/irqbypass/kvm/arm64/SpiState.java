package org.irqbypass.kvm.arm64;

import org.irqbypass.host.Trigger;

/**
 * What the vGIC knows of one interrupt, as userspace reads it through {@code
 * KVM_DEV_ARM_VGIC_GRP_DIST_REGS} and {@code KVM_DEV_ARM_VGIC_GRP_LEVEL_INFO}. A snapshot.
 *
 * @param trigger edge or level
 * @param pending an edge waits; of a level interrupt, only what software latched
 * @param active the guest has acknowledged and not deactivated it
 * @param enabled the guest lets it through
 * @param line the level of the input, of a level interrupt
 * @param mapped a host interrupt stands behind it, which the guest's deactivation completes
 */
public record SpiState(
    Trigger trigger,
    boolean pending,
    boolean active,
    boolean enabled,
    boolean line,
    boolean mapped) {}
