package org.irqbypass.faults;

import java.util.function.BooleanSupplier;
import org.irqbypass.faults.FaultPoint.Kind;
import org.irqbypass.host.BypassMode;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.Pairing;
import org.irqbypass.scenario.HostParts;
import org.irqbypass.work.Waiter;
import org.irqbypass.work.Work;
import org.irqbypass.work.WorkQueue;
import org.jspecify.annotations.Nullable;

/** The parts of a host that may fail by themselves, each with a fault point before it. */
final class FaultyParts implements HostParts {
  static final String TAKE_BACK = "take back";

  private final FaultPoints points;

  FaultyParts(FaultPoints points) {
    this.points = points;
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
        points.reach(Kind.PLATFORM, affinity == null ? TAKE_BACK : "give to a vCPU");
        platform.setVcpuAffinity(irq, affinity);
      }
    };
  }

  @Override
  public Pairing pairing(Pairing linux, WorkQueue workQueue) {
    return new Pairing() {
      @Override
      public int connect(BypassProducer producer, BypassConsumer consumer) {
        points.reach(Kind.PAIRING, "connect");
        return linux.connect(producer, consumer);
      }

      @Override
      public void disconnect(BypassProducer producer, BypassConsumer consumer) {
        linux.disconnect(producer, consumer);
        points.reach(Kind.PAIRING, "disconnect"); // after all steps were taken, as it promises
      }
    };
  }

  @Override
  public WorkQueue workQueue(WorkQueue queue) {
    return new WorkQueue() {
      @Override
      public boolean schedule(Work work) {
        points.reach(Kind.WORK, work.name());
        return queue.schedule(work);
      }

      @Override
      public void flush(Work work) {
        queue.flush(work);
      }
    };
  }

  @Override
  public Waiter waiter(Waiter waiter) {
    return new Waiter() {
      @Override
      public void await(BooleanSupplier condition, String reason) {
        points.reach(Kind.WAIT, "await");
        waiter.await(condition, reason);
      }

      @Override
      public void awaitInterruptibly(BooleanSupplier condition, String reason) {
        points.reach(Kind.WAIT, "awaitInterruptibly");
        waiter.awaitInterruptibly(condition, reason);
      }

      @Override
      public void mightSleep() {
        points.reach(Kind.WAIT, "mightSleep");
        waiter.mightSleep();
      }

      @Override
      public void schedule() {
        points.reach(Kind.WAIT, "schedule");
        waiter.schedule();
      }

      @Override
      public void beforeLock(Object lock) {
        waiter.beforeLock(lock);
      }

      @Override
      public void changed() {
        waiter.changed();
      }
    };
  }
}
