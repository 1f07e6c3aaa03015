package org.irqbypass.host;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;

/** What the bundled platforms have in common: a name, and one way to bypass. Immutable. */
abstract sealed class NamedPlatform implements HostPlatform
    permits ForwardingPlatform,
        GuestModePlatform,
        PostedPlatform,
        RemappedPlatform,
        VirtualLpiPlatform {
  private final String name;
  private final BypassMode bypass;

  NamedPlatform(String name, BypassMode bypass) {
    this.name = name;
    this.bypass = bypass;
  }

  @Override
  public final String name() {
    return name;
  }

  @Override
  public final BypassMode bypass() {
    return bypass;
  }

  final ErrnoException refused(Errno errno, HostIrq irq, VcpuAffinity affinity) {
    return new ErrnoException(errno, name + " cannot give " + irq + " to " + affinity);
  }

  @Override
  public final String toString() {
    return name;
  }
}
