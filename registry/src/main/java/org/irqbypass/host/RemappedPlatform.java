package org.irqbypass.host;

import org.irqbypass.errno.Errno;
import org.jspecify.annotations.Nullable;

/** A host that remaps interrupts and bypasses none. Immutable. */
public final class RemappedPlatform extends NamedPlatform {
  /**
   * Makes such a host.
   *
   * @param name what the command line calls it, such as {@code x86-remapped}
   */
  public RemappedPlatform(String name) {
    super(name, BypassMode.NONE);
  }

  @Override
  public void setVcpuAffinity(HostIrq irq, @Nullable VcpuAffinity affinity) {
    if (affinity != null) {
      throw refused(Errno.ENOSYS, irq, affinity);
    }
  }
}
