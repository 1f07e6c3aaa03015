package org.irqbypass.legacy;

import org.irqbypass.registry.BypassStatus;
import org.irqbypass.vfio.VfioInterrupt;

/**
 * One interrupt that userspace has forwarded. A snapshot.
 *
 * @param interrupt which
 * @param gsi to which guest interrupt, unsigned
 * @param status whether hardware bypasses it and, if not, why
 */
public record ForwardedInterrupt(VfioInterrupt interrupt, int gsi, BypassStatus status) {}
