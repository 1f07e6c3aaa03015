package org.irqbypass.kvm;

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
 * <p>Safe for use from many threads; the guest's side is for one thread at a time.
 */
public abstract class Vcpu implements Fingerprinted {
  private static final int OUTSIDE = 0;
  private static final int IN_GUEST = 1;

  /** Kicked out, and on its way back by itself. */
  private static final int EXITING = 2;

  private final Vm vm;
  private final int id;
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

  /** The thread enters guest mode ({@code KVM_RUN}). Does nothing if it is there. */
  public void enter() {
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
    tellListener();
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
   * The guest executes: a vCPU that was kicked has returned to guest mode, and while the VM is
   * halted nothing executes. To be called first by {@link #take()} and {@link #end}.
   */
  protected final void guestExecutes() {
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
    sink.put(id).put(mode.get());
  }

  @Override
  public String toString() {
    return "vCPU " + id + " of " + vm;
  }
}
