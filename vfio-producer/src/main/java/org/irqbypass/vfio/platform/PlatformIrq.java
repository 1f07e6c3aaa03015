package org.irqbypass.vfio.platform;

import org.irqbypass.host.HostIrq;

/**
 * A wired interrupt of a platform device ({@code struct vfio_platform_irq}).
 *
 * @param irq the host's; level or edge decides what VFIO can do with it
 */
public record PlatformIrq(HostIrq irq) {}
