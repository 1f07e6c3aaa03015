package org.irqbypass.conformance.planted;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.BypassMode;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.registry.Pairing;
import org.irqbypass.scenario.HostParts;
import org.irqbypass.work.WorkQueue;
import org.jspecify.annotations.Nullable;

/**
 * Hardware that refuses to program an interrupt after it was freed, where the real one would
 * program what is somebody else's by now.
 *
 * @param platform which hardware
 */
record StrictPlatform(HostPlatform platform) implements HostPlatform {
  /** A host with such hardware, and with other parts. */
  static HostParts with(HostParts others) {
    return new HostParts() {
      @Override
      public HostPlatform platform(HostPlatform platform) {
        return new StrictPlatform(others.platform(platform));
      }

      @Override
      public Pairing pairing(Pairing linux, WorkQueue workQueue) {
        return others.pairing(linux, workQueue);
      }
    };
  }

  @Override
  public String name() {
    return platform.name();
  }

  @Override
  public BypassMode bypass() {
    return platform.bypass();
  }

  @Override
  public void setVcpuAffinity(HostIrq irq, @Nullable VcpuAffinity affinity) {
    if (!irq.isRequested()) {
      throw new ErrnoException(Errno.EINVAL, irq + " was freed");
    }
    platform.setVcpuAffinity(irq, affinity);
  }
}
