package org.irqbypass.soak;

import java.util.concurrent.atomic.AtomicLong;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.BypassMode;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.VcpuAffinity;
import org.jspecify.annotations.Nullable;

/** Posting hardware that treats one interrupt in so many wrongly. */
final class FaultyPlatform implements HostPlatform {
  /** What it does with that one. */
  interface Fault {
    void post(VcpuAffinity.Posted entry);
  }

  private final long each;
  private final Fault fault;
  private final AtomicLong posted = new AtomicLong();

  FaultyPlatform(long each, Fault fault) {
    this.each = each;
    this.fault = fault;
  }

  @Override
  public String name() {
    return "faulty";
  }

  @Override
  public BypassMode bypass() {
    return BypassMode.POSTED;
  }

  @Override
  public void setVcpuAffinity(HostIrq irq, @Nullable VcpuAffinity affinity) {
    if (affinity == null) {
      irq.postThrough(null);
    } else if (affinity instanceof VcpuAffinity.Posted entry && irq.isMessage()) {
      irq.postThrough(() -> post(entry));
    } else {
      throw new ErrnoException(Errno.EINVAL, irq + " cannot be posted");
    }
  }

  private void post(VcpuAffinity.Posted entry) {
    if (posted.incrementAndGet() % each == 0) {
      fault.post(entry);
    } else {
      entry.target().post(entry.vector());
    }
  }
}
