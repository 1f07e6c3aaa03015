package org.irqbypass.readme;

import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.BypassMode;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.VcpuAffinity;
import org.jspecify.annotations.Nullable;

// README begins
/** An IOMMU of one's own: it posts, but no more often than its timer ticks. */
final class ModeratingPlatform implements HostPlatform {
  private final Set<VcpuAffinity.Posted> due = ConcurrentHashMap.newKeySet();

  @Override
  public String name() {
    return "x86-moderating";
  }

  @Override
  public BypassMode bypass() {
    return BypassMode.POSTED; // so KVM will ask to post messages to vCPUs
  }

  @Override
  public void setVcpuAffinity(HostIrq irq, @Nullable VcpuAffinity affinity) {
    if (affinity == null) {
      irq.postThrough(null); // back to the host: its handler runs again
    } else if (affinity instanceof VcpuAffinity.Posted posted && irq.isMessage()) {
      irq.postThrough(() -> due.add(posted)); // from here on this runs instead of the handler
    } else {
      throw new ErrnoException(Errno.EINVAL, name() + " cannot give " + irq + " to " + affinity);
    }
  }

  /** The timer: what came since its last tick reaches the vCPUs, each vector once. */
  void tick() {
    for (VcpuAffinity.Posted posted : Set.copyOf(due)) {
      if (due.remove(posted)) {
        posted.target().post(posted.vector());
      }
    }
  }
}
// README ends
