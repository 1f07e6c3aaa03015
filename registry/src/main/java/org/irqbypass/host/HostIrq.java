package org.irqbypass.host;

import com.google.common.base.Preconditions;
import com.google.common.base.Throwables;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.Waiter;
import org.jspecify.annotations.Nullable;

/**
 * One interrupt of the host ({@code struct irq_desc}, {@code kernel/irq/chip.c} and {@code
 * manage.c}): a handler, a mask with a depth, and what the interrupt controller knows of it.
 *
 * <p><b>Algorithm.</b> All of the interrupt's state is one word, changed by compare-and-set, so an
 * interrupt takes no lock and allocates nothing. Whoever sets {@code IN_PROGRESS} runs the handler,
 * and runs it again for what arrived meanwhile; everybody else leaves {@code PENDING} behind and
 * goes. Thus the handler never runs on two threads at once, as {@code handle_edge_irq()} sees to.
 *
 * <p><b>Publication.</b> The handler is written before {@code REQUESTED} is set and read after it
 * was seen. The posting entry is a volatile reference to an immutable object: a raise uses the old
 * entry or the new one, never a mixture, and which of them is undefined while both run, as in
 * hardware. The count of handled interrupts is written only by who holds {@code IN_PROGRESS}, and
 * opaquely: a reader sees some count, never half of one.
 *
 * <p>Safe for use from many threads. {@link #request}, {@link #free} and programming are for one
 * thread at a time.
 */
public final class HostIrq implements Fingerprinted {
  private static final int REQUESTED = 1;
  private static final int IN_PROGRESS = 1 << 1;
  private static final int PENDING = 1 << 2;
  private static final int ACTIVE = 1 << 3;
  private static final int FORWARDED = 1 << 4;
  private static final int LINE = 1 << 5;

  /** A level was high and nobody claimed it; it is not taken again before something changes. */
  private static final int UNCLAIMED = 1 << 6;

  /** Enabled under a handler, which may be about to disclaim a level that it found masked. */
  private static final int ENABLED_AGAIN = 1 << 7;

  /** After so many in a row, a level that nothing lowers is left alone like one nobody claims. */
  private static final int STORM = 100_000;

  private static final int DEPTH_ONE = 1 << 8;
  private static final int DEPTH = -DEPTH_ONE;

  private static final VarHandle STATE;
  private static final VarHandle POSTED;
  private static final VarHandle HANDLED;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      STATE = lookup.findVarHandle(HostIrq.class, "state", int.class);
      POSTED = lookup.findVarHandle(HostIrq.class, "posted", long.class);
      HANDLED = lookup.findVarHandle(HostIrq.class, "handled", long.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final int number;
  private final String name;
  private final Trigger trigger;
  private final boolean message;
  private final HostPlatform platform;
  private final Waiter waiter;
  private final Tracepoints trace;

  private volatile int state;
  private volatile @Nullable PostedDelivery posting;
  private volatile @Nullable Runnable idleListener;
  private @Nullable IrqHandler handler;
  private volatile @Nullable VcpuAffinity vcpuAffinity;
  private volatile int affinity;

  @SuppressWarnings("UnusedVariable") // through POSTED
  private volatile long posted;

  @SuppressWarnings("UnusedVariable") // through HANDLED
  private long handled;

  /**
   * The thread in the handler. Racy, but benign: it is only compared with the thread that asks, and
   * a thread sees its own writes.
   */
  private @Nullable Thread handling;

  /**
   * Makes a wired interrupt that nobody has requested, with its line low.
   *
   * @param number the Linux interrupt number, 0 or more
   * @param name what {@code /proc/interrupts} shows
   * @param trigger edge or level
   * @param platform the hardware that delivers it
   * @param waiter is used to wait for a handler in flight
   * @param trace is told of each step
   */
  public HostIrq(
      int number,
      String name,
      Trigger trigger,
      HostPlatform platform,
      Waiter waiter,
      Tracepoints trace) {
    this(number, name, trigger, false, platform, waiter, trace);
  }

  HostIrq(
      int number,
      String name,
      Trigger trigger,
      boolean message,
      HostPlatform platform,
      Waiter waiter,
      Tracepoints trace) {
    this.number = number;
    this.name = name;
    this.trigger = trigger;
    this.message = message;
    this.platform = platform;
    this.waiter = waiter;
    this.trace = trace;
  }

  /**
   * Installs the handler ({@code request_irq()}). An enabled level interrupt whose line is high
   * fires at once.
   *
   * @param newHandler runs at each interrupt
   * @param enabled false to leave the interrupt disabled ({@code IRQF_NO_AUTOEN})
   * @throws ErrnoException {@code EBUSY} if it has a handler
   */
  public void request(IrqHandler newHandler, boolean enabled) {
    if ((state & REQUESTED) != 0) {
      throw new ErrnoException(Errno.EBUSY, this + " has a handler already");
    }
    handler = newHandler;
    update(0, REQUESTED, enabled ? 0 : DEPTH_ONE);
    fireIfAsserted();
  }

  /**
   * Removes the handler, after the one in flight has returned ({@code free_irq()}). The mask's
   * depth is forgotten, and a pending message dropped; a wired edge stays latched in the interrupt
   * controller, and fires when the next handler is enabled. If somebody left the hardware
   * delivering the interrupt, it does so no more ({@code irq_domain_deactivate_irq()}), and the
   * next handler runs. Does nothing if there is no handler.
   *
   * @throws ErrnoException {@code EDEADLK} if called by this interrupt's own handler
   */
  public void free() {
    refuseOwnHandler();
    int before = update(REQUESTED, 0, 0);
    if ((before & REQUESTED) == 0) {
      return;
    }
    PostedDelivery leftBehind = posting;
    posting = null;
    if (leftBehind != null) {
      leftBehind.discard();
    }
    try {
      synchronize();
    } finally { // nor does a wait that cannot end leave a handler behind
      update((message ? PENDING : 0) | ACTIVE | FORWARDED | UNCLAIMED | DEPTH, 0, 0);
      handler = null;
    }
  }

  /**
   * Disables the interrupt and waits for a handler in flight ({@code disable_irq()}). Calls nest.
   *
   * @throws ErrnoException {@code EDEADLK} if called by this interrupt's own handler
   */
  public void disable() {
    refuseOwnHandler();
    disableNosync();
    synchronize();
  }

  /** Disables the interrupt without waiting ({@code disable_irq_nosync()}). Calls nest. */
  public void disableNosync() {
    update(0, 0, DEPTH_ONE);
  }

  /**
   * Undoes one {@link #disable()}. The last one lets what is pending fire, on this thread ({@code
   * enable_irq()}).
   */
  public void enable() {
    while (true) {
      int now = state;
      Preconditions.checkState((now & DEPTH) != 0, "%s is not disabled", this);
      int again = (now & IN_PROGRESS) != 0 ? ENABLED_AGAIN : 0;
      if (STATE.compareAndSet(this, now, ((now - DEPTH_ONE) & ~UNCLAIMED) | again)) {
        break;
      }
    }
    fireIfAsserted();
  }

  /**
   * Waits until no handler runs ({@code synchronize_irq()}).
   *
   * @throws ErrnoException {@code EDEADLK} if called by this interrupt's own handler
   */
  public void synchronize() {
    refuseOwnHandler();
    if ((state & IN_PROGRESS) != 0) {
      waiter.await(() -> (state & IN_PROGRESS) == 0, "the handler of " + this);
    }
  }

  private void refuseOwnHandler() {
    if (handling == Thread.currentThread()) {
      throw new ErrnoException(Errno.EDEADLK, "the handler of " + this + " waits for itself");
    }
  }

  /**
   * The device raises an edge: one message, or one rise of its line.
   *
   * @return what became of it
   */
  public Raise raise() {
    PostedDelivery entry = posting;
    Raise raise;
    if (entry != null) {
      // Counted first: the addition is a fence. A vector that is posted already is not written once
      // more, and what the device wrote before it raised has to be seen by who takes it anyway.
      POSTED.getAndAdd(this, 1L);
      entry.deliver();
      raise = Raise.POSTED;
    } else {
      raise = take(PENDING);
    }
    if (trace.enabled()) {
      trace.emit(new HostIrqEvent.Raised(this, raise));
    }
    return raise;
  }

  /**
   * Software makes the interrupt pending, as if its device had raised it ({@code
   * irq_set_irqchip_state()} with {@code IRQCHIP_STATE_PENDING}). Not counted, and no event: no
   * device is behind it.
   */
  public void setPending() {
    PostedDelivery entry = posting;
    if (entry != null) {
      entry.deliver();
    } else {
      take(PENDING);
    }
  }

  /**
   * The device drives its line. A level interrupt fires while it is high; an edge interrupt when it
   * rises. A level that the line has already changes nothing.
   *
   * @param high the line's new level
   * @return what became of the interrupt; {@link Raise#MERGED} where nothing had to happen
   */
  public Raise setLine(boolean high) {
    if (!changeLine(high) || !high) {
      return Raise.MERGED;
    }
    if (trigger == Trigger.EDGE) {
      return raise();
    }
    Raise raise = take(0);
    if (trace.enabled()) {
      trace.emit(new HostIrqEvent.Raised(this, raise));
    }
    return raise;
  }

  /** Sets the line's level; false if it had that level. */
  private boolean changeLine(boolean high) {
    while (true) {
      int now = state;
      if (((now & LINE) != 0) == high) {
        return false;
      }
      int after = (now ^ LINE) & ~UNCLAIMED;
      if (trigger == Trigger.LEVEL) {
        // Rising under a handler that is about to disclaim the level before: not the same
        // interrupt.
        boolean renewed = high && (now & IN_PROGRESS) != 0;
        after = renewed ? after | PENDING : after & ~PENDING;
      }
      if (STATE.compareAndSet(this, now, after)) {
        return true;
      }
    }
  }

  /** Fires a level whose line is high, or an edge that waits, if nothing is in the way. */
  private void fireIfAsserted() {
    if ((state & (trigger == Trigger.LEVEL ? LINE : PENDING)) != 0) {
      take(0);
    }
  }

  /**
   * Takes the interrupt if it can be taken, else leaves {@code latch} in the state.
   *
   * @param latch {@code PENDING} for a new edge, 0 for a level or a replay
   */
  private Raise take(int latch) {
    while (true) {
      int now = state;
      if ((now & REQUESTED) == 0) {
        if (latch == 0 || message || STATE.compareAndSet(this, now, now | latch)) {
          return Raise.UNTRIGGERED;
        }
        continue; // a wired edge stays latched in the interrupt controller
      }
      if ((now & (DEPTH | IN_PROGRESS | ACTIVE | UNCLAIMED)) != 0) {
        if (latch == 0 || STATE.compareAndSet(this, now, now | latch)) {
          return (now & PENDING) != 0 ? Raise.MERGED : Raise.PENDING;
        }
      } else if (latch == 0 && !asserted(now)) {
        return Raise.MERGED; // somebody else took it meanwhile
      } else if (STATE.compareAndSet(this, now, (now & ~PENDING) | IN_PROGRESS | ACTIVE)) {
        handle();
        return Raise.HANDLED;
      }
    }
  }

  private boolean asserted(int now) {
    return (now & (trigger == Trigger.LEVEL ? LINE : PENDING)) != 0;
  }

  /** Runs the handler as long as there is something to take. Holds {@code IN_PROGRESS}. */
  private void handle() {
    Throwable fault = null;
    int inARow = 0;
    boolean again;
    do {
      handling = Thread.currentThread();
      boolean claimed = false;
      try {
        IrqHandler current = handler;
        claimed = current != null && current.handle(this);
        HANDLED.setOpaque(this, handled + 1);
      } catch (RuntimeException | Error thrown) {
        fault = thrown; // the interrupt still ends, so that the next one is taken
      }
      handling = null;
      again = endOfInterrupt(claimed, ++inARow >= STORM);
    } while (again);
    waiter.changed();
    if (!isActive()) {
      nowIdle();
    }
    if (fault != null) {
      Throwables.throwIfUnchecked(fault);
    }
  }

  /**
   * Completes the interrupt at the controller, or drops its priority only if it is forwarded.
   *
   * @return true if the caller keeps {@code IN_PROGRESS} and has another interrupt to handle
   */
  private boolean endOfInterrupt(boolean claimed, boolean storm) {
    while (true) {
      int now = state;
      int after = now & ~ENABLED_AGAIN;
      if ((now & FORWARDED) == 0) {
        after &= ~ACTIVE;
      }
      boolean rests = storm || (!claimed && (now & ENABLED_AGAIN) == 0);
      if (rests && trigger == Trigger.LEVEL && (now & (LINE | PENDING)) == LINE) {
        after |= UNCLAIMED;
      }
      boolean again =
          (after & REQUESTED) != 0
              && (after & (DEPTH | ACTIVE | UNCLAIMED)) == 0
              && asserted(after);
      if (again) {
        after = (after & ~PENDING) | ACTIVE;
      } else {
        after &= trigger == Trigger.LEVEL ? ~(IN_PROGRESS | PENDING) : ~IN_PROGRESS;
      }
      if (STATE.compareAndSet(this, now, after)) {
        return again;
      }
    }
  }

  /**
   * Completes an interrupt that is forwarded, or was when it fired: the guest deactivated its
   * virtual interrupt, or the host takes it back. A line that is still high, or an edge that came
   * meanwhile, fires at once. Does nothing if the interrupt is not active.
   */
  public void deactivate() {
    int before = update(ACTIVE, 0, 0);
    if ((before & ACTIVE) == 0) {
      return;
    }
    if (trace.enabled()) {
      trace.emit(new HostIrqEvent.Deactivated(this));
    }
    fireIfAsserted();
    if (!isActive()) {
      nowIdle();
    }
  }

  /**
   * Software makes the interrupt active, as if it had fired ({@code irq_set_irqchip_state()} with
   * {@code IRQCHIP_STATE_ACTIVE}): what comes waits until {@link #deactivate()}. No handler runs.
   * Does nothing if the interrupt is active.
   */
  public void activate() {
    int before = update(0, ACTIVE, 0);
    if ((before & ACTIVE) == 0 && trace.enabled()) {
      trace.emit(new HostIrqEvent.Activated(this));
    }
  }

  private void nowIdle() {
    Runnable listener = idleListener;
    if (listener != null) {
      listener.run();
    }
  }

  /**
   * Programs how the hardware delivers or completes the interrupt ({@code
   * irq_set_vcpu_affinity()}).
   *
   * @param newAffinity for which vCPU; null takes the interrupt back to the host
   * @throws ErrnoException what {@link HostPlatform#setVcpuAffinity} throws
   */
  public void setVcpuAffinity(@Nullable VcpuAffinity newAffinity) {
    platform.setVcpuAffinity(this, newAffinity);
    vcpuAffinity = newAffinity;
    if (trace.enabled()) {
      trace.emit(new HostIrqEvent.Programmed(this, newAffinity));
    }
  }

  /**
   * Moves the interrupt to another physical CPU ({@code irq_set_affinity()}). Where hardware posts
   * it, that goes on unchanged: as in {@code intel_ir_set_affinity()}, only the remapped form of
   * the entry changes, which is in force again when the interrupt is taken back.
   *
   * @param cpu 0 or more
   */
  public void setAffinity(int cpu) {
    affinity = cpu;
  }

  /**
   * For platforms: from now on hardware delivers the interrupt, past the handler.
   *
   * @param entry the hardware's entry; null: the handler runs again
   */
  public void postThrough(@Nullable PostedDelivery entry) {
    posting = entry;
  }

  /**
   * For platforms: from now on the guest completes the interrupt, not the host. An interrupt that
   * is active stays so; whoever takes forwarding back calls {@link #deactivate()} once for it.
   *
   * @param forwarded whether the guest completes it
   */
  public void forward(boolean forwarded) {
    update(FORWARDED, forwarded ? FORWARDED : 0, 0);
  }

  /**
   * Sets who is told that the interrupt is idle: neither active nor being handled.
   *
   * @param listener is called on the thread that ended the interrupt, at each end; must only
   *     schedule work; null: nobody
   */
  public void whenIdle(@Nullable Runnable listener) {
    idleListener = listener;
  }

  /** Clears and sets bits and adds to the depth, in one step; returns the state before. */
  private int update(int clear, int set, int addDepth) {
    while (true) {
      int now = state;
      int after = ((now & ~clear) | set) + addDepth;
      if (STATE.compareAndSet(this, now, after)) {
        return now;
      }
    }
  }

  /**
   * The Linux interrupt number.
   *
   * @return 0 or more
   */
  public int number() {
    return number;
  }

  /**
   * What {@code /proc/interrupts} shows.
   *
   * @return the name it was made with
   */
  public String name() {
    return name;
  }

  /**
   * Edge or level.
   *
   * @return how the interrupt asserts itself
   */
  public Trigger trigger() {
    return trigger;
  }

  /**
   * Whether the interrupt is a message ({@code irq_desc.msi_desc}), an MSI or MSI-X: it has no line
   * and no active state that a guest could end.
   *
   * @return false for a wired interrupt
   */
  public boolean isMessage() {
    return message;
  }

  /**
   * The hardware that delivers the interrupt.
   *
   * @return the host's platform
   */
  public HostPlatform platform() {
    return platform;
  }

  /**
   * For which vCPU the hardware is programmed.
   *
   * @return what {@link #setVcpuAffinity} was last given; null: the host's own
   */
  public @Nullable VcpuAffinity vcpuAffinity() {
    return vcpuAffinity;
  }

  /**
   * The physical CPU on which the host takes the interrupt.
   *
   * @return what {@link #setAffinity} was last given; 0 before
   */
  public int affinity() {
    return affinity;
  }

  /**
   * Whether hardware delivers the interrupt past the handler.
   *
   * @return true while a posting entry is programmed
   */
  public boolean isPosted() {
    return posting != null;
  }

  /**
   * Whether the guest completes the interrupt.
   *
   * @return true while it is forwarded
   */
  public boolean isForwarded() {
    return (state & FORWARDED) != 0;
  }

  /**
   * Whether a handler is installed.
   *
   * @return true between request and free
   */
  public boolean isRequested() {
    return (state & REQUESTED) != 0;
  }

  /**
   * Whether the interrupt is disabled.
   *
   * @return true while disables outnumber enables
   */
  public boolean isDisabled() {
    return (state & DEPTH) != 0;
  }

  /**
   * Whether the interrupt was acknowledged and not yet deactivated ({@code IRQCHIP_STATE_ACTIVE}).
   *
   * @return true while it is in flight
   */
  public boolean isActive() {
    return (state & ACTIVE) != 0;
  }

  /**
   * Whether an interrupt waits to be taken ({@code IRQCHIP_STATE_PENDING}).
   *
   * @return true for an edge that waits, or a level whose line is high
   */
  public boolean isPending() {
    return asserted(state);
  }

  /**
   * The level of the device's line.
   *
   * @return true while it is high
   */
  public boolean isLineHigh() {
    return (state & LINE) != 0;
  }

  /**
   * How many interrupts the host's handler has taken.
   *
   * @return 0 or more; exact when no interrupt is in progress
   */
  public long handledCount() {
    return (long) HANDLED.getOpaque(this);
  }

  /**
   * How many interrupts hardware has posted.
   *
   * @return 0 or more
   */
  public long postedCount() {
    return posted;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.put(state)
        .put(affinity)
        .putReference(handler)
        .putReference(posting)
        .putReference(vcpuAffinity);
  }

  @Override
  public String toString() {
    return "IRQ " + number + " (" + name + ")";
  }
}
