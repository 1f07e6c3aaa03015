package org.irqbypass.comparison.contender;

import org.jspecify.annotations.Nullable;

/**
 * What KVM was told of an eventfd: which guest interrupt it becomes.
 *
 * @param vm the VM's name
 * @param gsi the guest interrupt
 * @param resample the eventfd that is signalled when the guest completes it; null without one
 */
public record Binding(String vm, int gsi, @Nullable String resample) {}
