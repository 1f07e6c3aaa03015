package org.irqbypass.kvm;

import com.google.common.base.Preconditions;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdWaiter;
import org.irqbypass.eventfd.Poll;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.BypassStatus;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.work.EveryStep;
import org.irqbypass.work.Work;
import org.jspecify.annotations.Nullable;

/**
 * An eventfd bound to a guest interrupt ({@code struct kvm_kernel_irqfd}, {@code
 * virt/kvm/eventfd.c}).
 *
 * <p><b>The interrupt's way.</b> The eventfd wakes the waiter here, on the signalling thread and
 * under the eventfd's wait-queue lock: it takes the count, reads the cached route, which is one
 * volatile reference to an immutable object, and injects. No other lock is taken and nothing is
 * allocated, unless the route says that it takes a work item.
 *
 * <p><b>Life.</b> Made by {@link Vm#irqfd}; {@code active} until it is unbound, its eventfd is
 * closed or its VM is: whoever gives it a shutdown schedules that, so it runs once. The shutdown
 * waits for {@code settled}, which is set when the call that made the irqfd is done with it ({@code
 * synchronize_srcu()} in Linux).
 */
public final class Irqfd implements Fingerprinted {
  private static final VarHandle SHUTDOWN;

  static {
    try {
      SHUTDOWN = MethodHandles.lookup().findVarHandle(Irqfd.class, "shutdown", Work.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final Vm vm;
  private final EventfdContext eventfd;
  private final @Nullable EventfdContext resampleEventfd;
  private final int gsi;
  private final long sequence;
  private final IrqfdConsumer consumer;
  private final Waiter waiter = new Waiter();
  private final Work inject = new Work("irqfd_inject", this::inject);

  /** The shutdown, from the moment this irqfd is no longer active. Set once, by compare-and-set. */
  private volatile @Nullable Work shutdown;

  /** The only route of the gsi; null if there is none, or several. */
  private volatile @Nullable Route route;

  /** The last only route there was, be it still in force or not. */
  private volatile @Nullable Route formerRoute;

  /** Until then a signal stays in the eventfd, for those who poll it. */
  private volatile boolean live;

  private volatile boolean settled;

  /** Whether there is a shutdown to wait for, from then on. */
  private volatile boolean shuttingDown;

  private volatile boolean gone;

  /** Whether the registration as consumer was attempted. */
  private volatile boolean offered;

  // The place among the irqfds of the gsi. Guarded by the VM's lock of irqfds.
  @Nullable Irqfd previousOfGsi;
  @Nullable Irqfd nextOfGsi;

  /** The place in the resampler of the gsi. Guarded by the lock of resamplers. */
  @Nullable Resampler resampler;

  SafeList.@Nullable Node<Irqfd> resamplerNode;

  Irqfd(
      Vm vm,
      EventfdContext eventfd,
      @Nullable EventfdContext resampleEventfd,
      int gsi,
      long sequence,
      ConnectPolicy policy) {
    this.vm = vm;
    this.eventfd = eventfd;
    this.resampleEventfd = resampleEventfd;
    this.gsi = gsi;
    this.sequence = sequence;
    this.consumer = new IrqfdConsumer(vm, this, policy);
  }

  /** The entry in the eventfd's wait queue ({@code irqfd_wakeup()}). */
  final class Waiter extends EventfdWaiter {
    Irqfd irqfd() {
      return Irqfd.this;
    }

    @Override
    protected boolean wake(EventfdContext woken, int events) {
      boolean taken = false;
      if ((events & Poll.IN) != 0 && live) {
        woken.drainLocked();
        if (injectInAtomic(route) == Route.WOULD_BLOCK) {
          vm.kvm().kernel().workQueue().schedule(inject);
        }
        taken = true;
      }
      if ((events & Poll.HUP) != 0) {
        vm.irqfdTable().deactivate(Irqfd.this);
      }
      return taken;
    }
  }

  private int injectInAtomic(@Nullable Route current) {
    if (current != null) {
      return current.setInAtomic(Vm.USERSPACE_SOURCE, 1);
    }
    vm.architecture().setUnroutedInAtomic(1);
    return Route.WOULD_BLOCK;
  }

  /** The work item ({@code irqfd_inject()}): a pulse, or a level until the guest acknowledges. */
  private void inject() {
    if (vm.trace().enabled()) {
      vm.trace().emit(new KvmEvent.IrqfdInject(this));
    }
    if (resampleEventfd == null) {
      vm.setIrq(Vm.USERSPACE_SOURCE, gsi, 1, false);
      vm.setIrq(Vm.USERSPACE_SOURCE, gsi, 0, false);
    } else {
      vm.setIrq(Vm.RESAMPLER_SOURCE, gsi, 1, false);
    }
  }

  /** The order is that of {@code irqfd_shutdown()}. */
  void shutdown() {
    if (vm.trace().enabled()) {
      vm.trace().emit(new KvmEvent.IrqfdShutdown(this));
    }
    if (!settled) {
      vm.kvm().kernel().waiter().await(() -> settled, this + " to be assigned");
    }
    new EveryStep()
        .take(() -> eventfd.removeWaiter(waiter))
        .take(() -> vm.kvm().kernel().workQueue().flush(inject))
        .take(() -> vm.irqfdTable().leaveResampler(this))
        .take(this::unregister)
        .take(() -> vm.irqfdTable().gone(this))
        .throwFirst();
  }

  void unregister() {
    if (offered) {
      vm.kvm().kernel().registry().unregister(consumer);
    }
  }

  EventfdWaiter waiter() {
    return waiter;
  }

  IrqfdConsumer consumer() {
    return consumer;
  }

  Work injectWork() {
    return inject;
  }

  /** Only of an irqfd that is not active. */
  Work shutdownWork() {
    return Preconditions.checkNotNull(shutdown, "%s is active", this);
  }

  long sequence() {
    return sequence;
  }

  void offered() {
    offered = true;
  }

  void goLive() {
    live = true;
  }

  void settle() {
    settled = true;
    vm.kvm().kernel().waiter().changed();
  }

  /** The shutdown is queued, or is left to the next call that waits for shutdowns. */
  void shutdownBegins() {
    shuttingDown = true;
    vm.kvm().kernel().waiter().changed();
  }

  /** Waits for a call that is just about to queue the shutdown. */
  void awaitShutdown() {
    if (!shuttingDown) {
      vm.kvm().kernel().waiter().await(() -> shuttingDown, this + " to be shut down");
    }
  }

  void gone() {
    gone = true;
    shutdownBegins(); // also where it was withdrawn
  }

  boolean isGone() {
    return gone;
  }

  boolean deactivate() {
    return shutdown == null
        && SHUTDOWN.compareAndSet(this, null, new Work("irqfd_shutdown", this::shutdown));
  }

  void cacheRoute(@Nullable Route newRoute) {
    route = newRoute;
    if (newRoute != null) {
      formerRoute = newRoute;
    }
  }

  /**
   * Whose irqfd this is.
   *
   * @return the VM
   */
  public Vm vm() {
    return vm;
  }

  /**
   * The eventfd that triggers.
   *
   * @return its context
   */
  public EventfdContext eventfd() {
    return eventfd;
  }

  /**
   * The eventfd that is signalled at the guest's acknowledgement.
   *
   * @return null for an irqfd without one
   */
  public @Nullable EventfdContext resampleEventfd() {
    return resampleEventfd;
  }

  /**
   * The guest interrupt.
   *
   * @return unsigned
   */
  public int gsi() {
    return gsi;
  }

  /**
   * The cached route ({@code irq_entry}).
   *
   * @return null if the gsi has none, or several
   */
  public @Nullable Route route() {
    return route;
  }

  /** See {@link VmConsumer#formerRoute}. */
  @Nullable Route formerRoute() {
    return formerRoute;
  }

  /**
   * Whether this irqfd is bound.
   *
   * @return false from the moment it is unbound, even while the shutdown still runs
   */
  public boolean isActive() {
    return shutdown == null;
  }

  /**
   * Whether the interrupt is bypassed and, if not, why.
   *
   * @return a snapshot
   */
  public BypassStatus status() {
    BypassStatus status = consumer.status();
    boolean unoffered = !offered && status.reason() == BypassReason.NOT_REGISTERED;
    return unoffered && !vm.architecture().canBypass()
        ? new BypassStatus(status.state(), BypassReason.HARDWARE_CANNOT, null)
        : status;
  }

  /** The irqfd's place in the order of binding: no two of a VM share it. */
  @Override
  public int hashCode() {
    return Long.hashCode(sequence);
  }

  @Override
  public boolean equals(@Nullable Object other) {
    return this == other;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.put(gsi)
        .putReference(eventfd)
        .putReference(resampleEventfd)
        .put(isActive())
        .put(live)
        .put(settled)
        .put(resampler != null)
        .putReference(waiter)
        .putReference(inject)
        .putReference(shutdown)
        .put(route != null);
    Route last = formerRoute; // which is the present one, where there is one
    if (last != null) {
      RoutingTable.write(last.entry(), sink);
    }
    consumer.writeTo(sink);
  }

  @Override
  public String toString() {
    return "irqfd of " + eventfd + " for gsi " + Integer.toUnsignedString(gsi) + " of " + vm;
  }
}
