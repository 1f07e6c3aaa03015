package org.irqbypass.vfio;

import java.util.ArrayList;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.ConnectPolicy;
import org.jspecify.annotations.Nullable;

/** A consumer for tests: programs the producer's host interrupt, or refuses. */
public class Peer extends BypassConsumer {
  public final List<String> calls = new ArrayList<>();
  public @Nullable Errno refusesWith;
  public int refusesWithNumber;
  private final @Nullable VcpuAffinity affinity;

  public Peer(ConnectPolicy policy, @Nullable VcpuAffinity affinity) {
    super(policy);
    this.affinity = affinity;
  }

  public Peer() {
    this(ConnectPolicy.OPPORTUNISTIC, null);
  }

  /** A guest that completes the interrupt it gets. */
  public static Peer completing(ConnectPolicy policy) {
    return new Peer(policy, new VcpuAffinity.Forwarded(42));
  }

  @Override
  protected int addProducer(BypassProducer producer) {
    calls.add("add");
    if (refusesWith != null) {
      throw new ErrnoException(refusesWith, "the peer refuses");
    }
    if (affinity != null && refusesWithNumber == 0) {
      producer.irq().setVcpuAffinity(affinity);
    }
    return refusesWithNumber;
  }

  @Override
  protected void delProducer(BypassProducer producer) {
    calls.add(producer.irq().isRequested() ? "del" : "del after free");
    producer.irq().setVcpuAffinity(null);
  }

  @Override
  protected void stop() {
    calls.add("stop");
  }

  @Override
  protected void start() {
    calls.add("start");
  }
}
