package org.irqbypass.kvm.arm64;

/**
 * What one list register holds, for people and tests to look at ({@code ICH_LR<n>_EL2}, {@code
 * GICH_LR<n>}).
 *
 * @param intid the guest's interrupt
 * @param priority 0 (highest) to 255
 * @param pending whether the guest has yet to acknowledge it
 * @param active whether the guest has acknowledged and not deactivated it
 * @param hardware whether the guest's deactivation deactivates a physical interrupt
 * @param physicalId the physical interrupt's number; -1 without {@code hardware}
 * @param eoiMaintenance whether the guest's completion makes the vCPU exit
 */
public record ListRegister(
    int intid,
    int priority,
    boolean pending,
    boolean active,
    boolean hardware,
    int physicalId,
    boolean eoiMaintenance) {}
