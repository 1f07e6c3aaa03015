package org.irqbypass.conformance.planted;

import java.util.HashMap;
import java.util.Map;
import org.irqbypass.host.BypassMode;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.kvm.Irqfd;
import org.irqbypass.kvm.VmConsumer;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.Pairing;
import org.irqbypass.registry.PairingBugs;
import org.irqbypass.scenario.HostParts;
import org.irqbypass.work.WorkQueue;
import org.jspecify.annotations.Nullable;

/**
 * A kernel that does not tell the IOMMU that an interrupt comes back to the host, where Linux
 * forgot it. KVM itself believes that it has.
 */
final class StalePosting implements HostParts {
  /** Where Linux forgot it. */
  enum When {
    /** 13.1: the irqfd was unbound, which cleared the type of its cached route. */
    IRQFD_GOES,
    /** 13.3: the guest interrupt has no route any more. */
    ROUTE_GOES
  }

  private final When when;
  private final Map<HostIrq, VmConsumer> connected = new HashMap<>();
  private @Nullable BypassConsumer disconnecting;

  StalePosting(When when) {
    this.when = when;
  }

  private boolean forgets(HostIrq irq) {
    BypassConsumer leaving = disconnecting;
    if (when == When.IRQFD_GOES) {
      return leaving instanceof VmConsumer consumer && isGone(consumer);
    }
    VmConsumer consumer = connected.get(irq);
    return leaving == null && consumer != null && consumer.route() == null;
  }

  private static boolean isGone(VmConsumer consumer) {
    return consumer.vm().irqfds().stream()
        .filter(Irqfd::isActive)
        .noneMatch(irqfd -> irqfd.eventfd() == consumer.token() && irqfd.gsi() == consumer.gsi());
  }

  @Override
  public Pairing pairing(Pairing linux, WorkQueue workQueue) {
    return new PairingBugs.Bug(linux) {
      @Override
      public int connect(BypassProducer producer, BypassConsumer consumer) {
        connected.put(producer.irq(), (VmConsumer) consumer);
        return super.connect(producer, consumer);
      }

      @Override
      public void disconnect(BypassProducer producer, BypassConsumer consumer) {
        disconnecting = consumer;
        super.disconnect(producer, consumer);
        disconnecting = null;
        connected.remove(producer.irq());
      }
    };
  }

  @Override
  public HostPlatform platform(HostPlatform platform) {
    return new HostPlatform() {
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
        if (affinity != null || !forgets(irq)) {
          platform.setVcpuAffinity(irq, affinity);
        }
      }
    };
  }
}
