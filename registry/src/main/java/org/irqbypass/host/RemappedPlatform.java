package org.irqbypass.host;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.jspecify.annotations.Nullable;

/** A host that remaps interrupts and bypasses none. Immutable. */
public final class RemappedPlatform implements HostPlatform {
  private final String name;

  /**
   * Makes such a host.
   *
   * @param name what the command line calls it, such as {@code x86-remapped}
   */
  public RemappedPlatform(String name) {
    this.name = name;
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public BypassMode bypass() {
    return BypassMode.NONE;
  }

  @Override
  public void setVcpuAffinity(HostIrq irq, @Nullable VcpuAffinity affinity) {
    if (affinity != null) {
      throw new ErrnoException(Errno.ENOSYS, name + " cannot bypass " + irq);
    }
  }
}
