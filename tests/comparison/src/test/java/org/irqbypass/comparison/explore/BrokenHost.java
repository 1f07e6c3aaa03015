package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.BypassMode;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.Pairing;
import org.irqbypass.scenario.HostParts;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.work.Work;
import org.irqbypass.work.WorkQueue;
import org.jspecify.annotations.Nullable;

/** A host with a part that breaks a promise, and steps of which some order shows it. */
enum BrokenHost implements HostParts {
  /** The hardware swallows what it is to post. */
  SWALLOWS("nothing-lost", Steps.CARD) {
    @Override
    void program(HostPlatform healthy, HostIrq irq, @Nullable VcpuAffinity affinity) {
      healthy.setVcpuAffinity(irq, affinity);
      if (affinity != null) {
        irq.postThrough(() -> {});
      }
    }
  },

  /** The hardware posts once more when the interrupt is taken back. */
  POSTS_AGAIN("nothing-twice", Steps.CARD) {
    @Override
    void program(HostPlatform healthy, HostIrq irq, @Nullable VcpuAffinity affinity) {
      if (affinity == null && irq.isPosted() && irq.postedCount() > 0) {
        irq.raise();
      }
      healthy.setVcpuAffinity(irq, affinity);
    }
  },

  /** Somebody completes it whom nobody asked to. */
  COMPLETES_UNASKED("completed-once", Steps.PORT) {
    @Override
    void connected(WorkQueue workQueue, HostIrq irq) {
      workQueue.schedule(new Work("unasked", irq::deactivate));
    }
  },

  /** Who takes it back completes it first, and then once more, as it has fired again. */
  COMPLETES_TWICE("completed-once", Steps.PORT_TAKEN_APART) {
    @Override
    void disconnecting(WorkQueue workQueue, HostIrq irq) {
      irq.deactivate();
    }
  },

  /** The hardware masks what it is to forward. */
  MASKS("lines-progress", Steps.PORT) {
    @Override
    void program(HostPlatform healthy, HostIrq irq, @Nullable VcpuAffinity affinity) {
      healthy.setVcpuAffinity(irq, affinity);
      if (affinity != null) {
        irq.disableNosync();
      }
    }
  },

  /** The hardware does not do what it says it does. */
  POSTS_NOTHING("bypass-as-said", Steps.CARD) {
    @Override
    void program(HostPlatform healthy, HostIrq irq, @Nullable VcpuAffinity affinity) {}
  },

  /** The hardware fails with what no call is to fail with. */
  FAILS_ODDLY("errno-contract", Steps.PORT) {
    @Override
    void program(HostPlatform healthy, HostIrq irq, @Nullable VcpuAffinity affinity) {
      if (affinity != null) {
        throw new ErrnoException(Errno.EIO, irq + " cannot be programmed");
      }
    }

    @Override
    Contender contender() {
      return Contender.EXPLICIT_LATE;
    }
  },

  /** The hardware waits for what never comes. */
  WAITS_FOR_EVER("no-deadlock", Steps.PORT) {
    @Override
    void program(HostPlatform healthy, HostIrq irq, @Nullable VcpuAffinity affinity) {
      if (affinity != null) {
        throw new ErrnoException(Errno.EDEADLK, irq + " waits for ever");
      }
    }

    @Override
    Contender contender() {
      return Contender.EXPLICIT_LATE;
    }
  },

  /** Somebody takes the interrupt when its device has closed. */
  KEEPS_THE_INTERRUPT("nothing-leaked", Steps.PORT_CLOSED) {
    @Override
    void disconnecting(WorkQueue workQueue, HostIrq irq) {
      workQueue.schedule(
          new Work(
              "late",
              () -> {
                if (!irq.isRequested()) {
                  irq.request(any -> true, false);
                }
              }));
    }
  };

  /** What happens on the healthy host and on the broken one. */
  private static final class Steps {
    private static final ImmutableList<String> CARD =
        ImmutableList.of(
            Orders.BIND,
            Orders.TRIGGER,
            Orders.RAISE,
            Orders.RUN,
            Orders.BIND + " flags=DEASSIGN",
            Orders.RUN);

    private static final ImmutableList<String> PORT_SET_UP =
        ImmutableList.of(
            "vmm: kvm.irqfd vm=v0 fd=trigger gsi=8 flags=RESAMPLE resamplefd=resample",
            "vmm: vfio.set_irqs dev=uart index=0 flags=DATA_EVENTFD|ACTION_UNMASK start=0 count=1"
                + " fds=resample",
            "vmm: vfio.set_irqs dev=uart index=0 flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1"
                + " fds=trigger");

    private static final ImmutableList<String> SERVED =
        ImmutableList.of(
            "device: irq.raise dev=uart index=0 level=1",
            "guest: guest.take vm=v0 vcpu=0",
            "device: irq.raise dev=uart index=0 level=0",
            "guest: guest.end vm=v0 vcpu=0");

    private static final String TAKE_APART = "vmm: kvm.irqfd vm=v0 fd=trigger gsi=8 flags=DEASSIGN";

    private static final ImmutableList<String> PORT = and(PORT_SET_UP, SERVED);
    private static final ImmutableList<String> PORT_TAKEN_APART =
        and(PORT, ImmutableList.of(TAKE_APART));
    private static final ImmutableList<String> PORT_CLOSED =
        and(PORT_SET_UP, ImmutableList.of(TAKE_APART, "vmm: dev.close dev=uart"));

    private static ImmutableList<String> and(
        ImmutableList<String> some, ImmutableList<String> more) {
      return ImmutableList.<String>builder().addAll(some).addAll(more).build();
    }
  }

  private final String breaks;
  private final ImmutableList<String> steps;

  BrokenHost(String breaks, ImmutableList<String> steps) {
    this.breaks = breaks;
    this.steps = steps;
  }

  /** A serial port's interrupt is set up and served. */
  static ImmutableList<String> portServed() {
    return Steps.PORT;
  }

  /** Which promise. */
  String breaks() {
    return breaks;
  }

  Scenario scenario() {
    return steps.equals(Steps.CARD)
        ? Orders.cards(steps.toArray(String[]::new))
        : Orders.port("arm64-gicv3", steps);
  }

  Contender contender() {
    return Contender.AUTOMATIC_LINUX;
  }

  void program(HostPlatform healthy, HostIrq irq, @Nullable VcpuAffinity affinity) {
    healthy.setVcpuAffinity(irq, affinity);
  }

  void connected(WorkQueue workQueue, HostIrq irq) {}

  void disconnecting(WorkQueue workQueue, HostIrq irq) {}

  @Override
  public HostPlatform platform(HostPlatform healthy) {
    return new HostPlatform() {
      @Override
      public String name() {
        return healthy.name();
      }

      @Override
      public BypassMode bypass() {
        return healthy.bypass();
      }

      @Override
      public void setVcpuAffinity(HostIrq irq, @Nullable VcpuAffinity affinity) {
        program(healthy, irq, affinity);
      }
    };
  }

  @Override
  public Pairing pairing(Pairing linux, WorkQueue workQueue) {
    return new Pairing() {
      @Override
      public int connect(BypassProducer producer, BypassConsumer consumer) {
        int result = linux.connect(producer, consumer);
        connected(workQueue, producer.irq());
        return result;
      }

      @Override
      public void disconnect(BypassProducer producer, BypassConsumer consumer) {
        disconnecting(workQueue, producer.irq());
        linux.disconnect(producer, consumer);
      }
    };
  }
}
