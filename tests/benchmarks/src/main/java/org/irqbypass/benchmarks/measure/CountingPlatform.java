package org.irqbypass.benchmarks.measure;

import java.util.concurrent.atomic.LongAdder;
import org.irqbypass.host.BypassMode;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.VcpuAffinity;
import org.jspecify.annotations.Nullable;

/** A platform that counts how often its hardware is programmed. */
final class CountingPlatform implements HostPlatform {
  private final HostPlatform platform;
  private final LongAdder programmed = new LongAdder();

  CountingPlatform(HostPlatform platform) {
    this.platform = platform;
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
    programmed.increment();
    platform.setVcpuAffinity(irq, affinity);
  }

  long programmed() {
    return programmed.sum();
  }
}
