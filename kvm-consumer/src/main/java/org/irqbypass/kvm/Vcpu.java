package org.irqbypass.kvm;

import com.google.common.base.Preconditions;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.util.concurrent.atomic.AtomicInteger;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.trace.Tracepoints;
import org.jspecify.annotations.Nullable;

/**
 * One virtual CPU ({@code struct kvm_vcpu}), and the guest that runs on it: {@link #take()} and
 * {@link #end} are what the guest does, {@link #enter()} and {@link #leave()} what the thread does
 * that runs it.
 *
 * <p>The mode is one word, changed by compare-and-set ({@code vcpu->mode}). A kick of a vCPU in
 * guest mode is one exit; further kicks find it leaving already and cost nothing, until the guest
 * runs again, which is at its next {@link #take()} or {@link #end}.
 *
 * <p><b>Scheduling.</b> The thread that runs a vCPU is loaded on a physical CPU, or scheduled out:
 * preempted by others, or because the guest waits for an interrupt. A vCPU that nobody schedules is
 * loaded all the time, on the physical CPU of its own number. Entering guest mode loads it.
 *
 * <p>Safe for use from many threads; the guest's side, and scheduling, are for one thread at a
 * time.
 */
public abstract class Vcpu implements Fingerprinted {
  private static final VarHandle SCHEDULING;

  static {
    try {
      SCHEDULING = MethodHandles.lookup().findVarHandle(Vcpu.class, "scheduling", Scheduling.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private static final int OUTSIDE = 0;
  private static final int IN_GUEST = 1;

  /** Kicked out, and on its way back by itself. */
  private static final int EXITING = 2;

  /** How many physical CPUs a host may have: their numbers are below. */
  public static final int MAX_PHYSICAL_CPUS = 8192;

  /** Where the thread is that runs a vCPU. */
  public enum Scheduling {
    /** On a physical CPU. */
    LOADED,
    /** Scheduled out, and ready to run. */
    PREEMPTED,
    /** Scheduled out until there is something to run for. */
    BLOCKED
  }

  private final Vm vm;
  private final int id;

  /** Written by the vCPU's own thread; whoever wakes it changes it through {@link #SCHEDULING}. */
  private volatile Scheduling scheduling = Scheduling.LOADED;

  private volatile int physicalCpu;
  private final AtomicInteger mode = new AtomicInteger(OUTSIDE);
  private volatile @Nullable VcpuListener listener;

  /**
   * Makes a vCPU that is outside guest mode.
   *
   * @param vm whose
   * @param id 0 to {@link Kvm#MAX_VCPUS} - 1
   */
  protected Vcpu(Vm vm, int id) {
    this.vm = vm;
    this.id = id;
    this.physicalCpu = id;
  }

  /**
   * Whose vCPU this is.
   *
   * @return the VM
   */
  public final Vm vm() {
    return vm;
  }

  /**
   * The vCPU's number in its VM.
   *
   * @return 0 to {@link Kvm#MAX_VCPUS} - 1
   */
  public final int id() {
    return id;
  }

  /**
   * The guest takes the next interrupt that its priorities allow: the local APIC moves it into
   * service, the GIC's CPU interface acknowledges it.
   *
   * @return x86: the vector; Arm: the INTID; -1 if there is none
   */
  public abstract int take();

  /**
   * The guest ends an interrupt it took: x86: it writes EOI, which ends the highest vector in
   * service; Arm: it deactivates the interrupt. Does nothing if there is none.
   *
   * @param interrupt what {@link #take()} returned
   */
  public abstract void end(int interrupt);

  /**
   * Whether an interrupt waits that {@link #take()} would return.
   *
   * @return true if the guest has something to take
   */
  public abstract boolean hasPending();

  /**
   * Whether there is something to run for ({@code kvm_arch_vcpu_runnable()}).
   *
   * @return true also for what {@link #take()} does not return, such as an NMI
   */
  public boolean isRunnable() {
    return hasPending();
  }

  /**
   * Where the vCPU's thread is.
   *
   * @return loaded, unless somebody schedules the vCPU
   */
  public final Scheduling scheduling() {
    return scheduling;
  }

  /**
   * On which physical CPU the vCPU is loaded, or was last.
   *
   * @return the vCPU's own number unless it was loaded elsewhere
   */
  public final int physicalCpu() {
    return physicalCpu;
  }

  /**
   * The thread is scheduled in ({@code kvm_arch_vcpu_load()}). A vCPU that is loaded elsewhere is
   * moved: scheduled out there first.
   *
   * @param newPhysicalCpu 0 to {@link #MAX_PHYSICAL_CPUS} - 1
   */
  public final void load(int newPhysicalCpu) {
    Preconditions.checkElementIndex(newPhysicalCpu, MAX_PHYSICAL_CPUS, "physical CPU");
    if (scheduling == Scheduling.LOADED) {
      if (physicalCpu == newPhysicalCpu) {
        return;
      }
      put();
    }
    physicalCpu = newPhysicalCpu;
    scheduling = Scheduling.LOADED;
    loaded(newPhysicalCpu);
    if (vm.trace().enabled()) {
      vm.trace().emit(new VcpuEvent.Load(this, newPhysicalCpu));
    }
  }

  /**
   * The thread is scheduled out though it could run on ({@code kvm_arch_vcpu_put()}): preempted.
   * Does nothing if it is out.
   */
  public final void put() {
    if (scheduling != Scheduling.LOADED) {
      return;
    }
    leave();
    scheduling = Scheduling.PREEMPTED;
    tellPut(false);
    preempted();
  }

  private void tellPut(boolean blocked) {
    if (vm.trace().enabled()) {
      vm.trace().emit(new VcpuEvent.Put(this, blocked));
    }
  }

  /**
   * The guest waits for an interrupt ({@code kvm_vcpu_block()}): unless there is something to run
   * for, the thread is scheduled out until there is.
   *
   * @return false if there is something already, and the vCPU is loaded
   */
  public final boolean block() {
    loadWhereItWas();
    if (isRunnable()) {
      return false;
    }
    leave();
    scheduling = Scheduling.BLOCKED;
    tellPut(true);
    blocked(physicalCpu);
    // Pairs with kick(): it makes something pending and then looks whether the vCPU blocks, here
    // that is written and then what is pending is looked at. One of the two wakes it.
    if (isRunnable() || scheduling != Scheduling.BLOCKED) {
      load(physicalCpu);
      return false;
    }
    return true;
  }

  /**
   * Ends a block ({@code kvm_vcpu_wake_up()}).
   *
   * @return false if the vCPU did not block, and nothing happened
   */
  protected final boolean wake() {
    if (!SCHEDULING.compareAndSet(this, Scheduling.BLOCKED, Scheduling.PREEMPTED)) {
      return false;
    }
    if (vm.trace().enabled()) {
      vm.trace().emit(new VcpuEvent.WakeUp(this));
    }
    tellListener();
    return true;
  }

  /**
   * The thread was scheduled in.
   *
   * @param onPhysicalCpu where
   */
  protected void loaded(int onPhysicalCpu) {}

  /** The thread was scheduled out though it could run on. */
  protected void preempted() {}

  /**
   * The guest waits for an interrupt. What becomes pending from now on has to wake the vCPU.
   *
   * @param onPhysicalCpu where it was loaded
   */
  protected void blocked(int onPhysicalCpu) {}

  private void loadWhereItWas() {
    if (scheduling != Scheduling.LOADED) {
      load(physicalCpu);
    }
  }

  /** The thread enters guest mode ({@code KVM_RUN}). Does nothing if it is there. */
  public void enter() {
    loadWhereItWas();
    vm.awaitNotHalted();
    mode.compareAndSet(OUTSIDE, IN_GUEST);
  }

  /** The thread leaves guest mode, for reasons of its own. Does nothing if it is outside. */
  public void leave() {
    mode.set(OUTSIDE);
  }

  /**
   * Whether the vCPU is in guest mode, or was kicked out of it and is on its way back.
   *
   * @return true between {@link #enter()} and {@link #leave()}
   */
  public final boolean isRunning() {
    return mode.get() != OUTSIDE;
  }

  /**
   * Whether the guest's code runs at this moment.
   *
   * @return false also while a kicked vCPU is on its way back into guest mode
   */
  public final boolean isInGuestMode() {
    return mode.get() == IN_GUEST;
  }

  /** Makes the vCPU look for what was made pending ({@code kvm_vcpu_kick()}). Never blocks. */
  public final void kick() {
    exit(VcpuEvent.Reason.KICK);
    if (scheduling == Scheduling.BLOCKED) {
      wake();
    } else {
      tellListener();
    }
  }

  /**
   * Leaves guest mode because of an interrupt; the vCPU returns to it by itself. Does nothing
   * outside guest mode, or while it is leaving already.
   *
   * @param reason why
   */
  protected final void exit(VcpuEvent.Reason reason) {
    if (mode.get() == IN_GUEST && mode.compareAndSet(IN_GUEST, EXITING)) {
      Tracepoints trace = vm.trace();
      if (trace.enabled()) {
        trace.emit(new VcpuEvent.Exit(this, reason));
      }
    }
  }

  /**
   * What the guest did has been emulated, and it runs on: the vCPU is back in guest mode. To be
   * called last by what exits for its own sake, so that the next interrupt finds it there.
   */
  protected final void resumeGuest() {
    if (mode.get() == EXITING) {
      mode.compareAndSet(EXITING, IN_GUEST);
    }
  }

  /** Tells the listener that there is something to run for. */
  protected final void tellListener() {
    VcpuListener current = listener;
    if (current != null) {
      current.hasWork(this);
    }
  }

  /**
   * The guest executes: so its thread is loaded, a vCPU that was kicked has returned to guest mode,
   * and while the VM is halted nothing executes. To be called first by {@link #take()} and {@link
   * #end}.
   */
  protected final void guestExecutes() {
    loadWhereItWas();
    vm.awaitNotHalted();
    resumeGuest();
  }

  /**
   * Sets who is told when there is something to run for.
   *
   * @param newListener replaces the one before; null: nobody
   */
  public final void listen(@Nullable VcpuListener newListener) {
    listener = newListener;
  }

  /**
   * The vCPU's descriptor was closed, and the VM with it or before ({@code kvm_arch_vcpu_destroy}).
   */
  protected void destroy() {}

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.put(id)
        .put(mode.get())
        .put(scheduling == Scheduling.LOADED)
        .put(scheduling == Scheduling.BLOCKED)
        .put(physicalCpu);
  }

  @Override
  public String toString() {
    return "vCPU " + id + " of " + vm;
  }
}
