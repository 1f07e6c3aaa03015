package org.irqbypass.kvm.x86;

import java.util.concurrent.atomic.AtomicInteger;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Tracepoints;
import org.jspecify.annotations.Nullable;

/**
 * A vCPU of an x86 guest ({@code struct kvm_vcpu_arch}): its local APIC and its posted-interrupt
 * descriptor. On a host that posts, hardware also emulates the guest's ends of interrupt, and only
 * those that the IOAPIC waits for are exits; elsewhere each one is.
 *
 * <p>What the PIC has for the guest is not among what {@link #take()} returns: a guest that uses it
 * calls {@link Pic#acknowledge()}.
 */
public final class X86Vcpu extends Vcpu {
  /** KVM keeps one NMI more than the one that is being handled. */
  private static final int MOST_NMIS = 2;

  private final X86Vm machine;
  private final @Nullable LocalApic apic;
  private final PostedInterruptDescriptor posted;
  private final VirtualApic virtualApic = new VirtualApic(this);
  private final AtomicInteger nmis = new AtomicInteger();

  X86Vcpu(X86Vm machine, int id, boolean withApic) {
    super(machine.vm(), id);
    this.machine = machine;
    this.posted = new PostedInterruptDescriptor(this, machine.wakeupLists());
    this.apic = withApic ? new LocalApic(machine, id, posted) : null;
  }

  /**
   * The vCPU's local APIC.
   *
   * @return the same at each call
   * @throws ErrnoException {@code EINVAL}: the VM was made without in-kernel interrupt controllers
   */
  public LocalApic localApic() {
    if (apic == null) {
      throw new ErrnoException(Errno.EINVAL, this + " has no local APIC in the kernel");
    }
    return apic;
  }

  @Nullable LocalApic localApicOrNull() {
    return apic;
  }

  /**
   * Where hardware posts interrupts for this vCPU.
   *
   * @return the same at each call
   */
  public PostedInterruptDescriptor posted() {
    return posted;
  }

  /** Where an IOMMU that knows virtual APICs delivers interrupts for this vCPU. */
  VirtualApic virtualApic() {
    return virtualApic;
  }

  @Override
  public int take() {
    guestExecutes();
    if (apic == null) {
      return -1;
    }
    apic.syncPosted();
    int vector = apic.take();
    if (vector >= 0 && vm().trace().enabled()) {
      vm().trace().emit(new VcpuEvent.Take(this, vector));
    }
    return vector;
  }

  @Override
  public boolean hasPending() {
    if (apic == null) {
      return false;
    }
    apic.syncPosted();
    return apic.deliverable() >= 0;
  }

  @Override
  public boolean isRunnable() {
    return nmis.get() != 0 || hasPending();
  }

  /** Ends the highest vector in service; the argument is what the guest believes it ends. */
  @Override
  public void end(int interrupt) {
    guestExecutes();
    int vector = apic == null ? -1 : apic.end();
    if (apic == null || vector < 0) {
      return;
    }
    Tracepoints trace = vm().trace();
    if (trace.enabled()) {
      trace.emit(new VcpuEvent.End(this, vector));
    }
    IoApic ioApic = machine.ioApicOrNull();
    boolean awaited = ioApic != null && ioApic.handles(vector);
    if (!awaited && machine.canBypass()) {
      return;
    }
    exit(VcpuEvent.Reason.EOI_TRAP);
    if (trace.enabled()) {
      trace.emit(new X86Event.Eoi(apic.id(), vector));
    }
    if (ioApic != null && awaited) {
      ioApic.end(this, vector, apic.isLevel(vector), apic.hasDirectedEoi());
    }
    resumeGuest();
  }

  @Override
  protected void loaded(int physicalCpu) {
    posted.load(physicalCpu);
    virtualApic.load(physicalCpu);
  }

  @Override
  protected void preempted() {
    posted.put();
    virtualApic.put();
  }

  /** Where nothing can be posted, what makes an interrupt pending wakes the vCPU itself. */
  @Override
  protected void blocked(int physicalCpu) {
    if (machine.canBypass() && !machine.hasVirtualApics()) {
      posted.block(physicalCpu);
    } else {
      posted.put();
    }
    virtualApic.put();
  }

  @Override
  protected void destroy() {
    posted.load(physicalCpu()); // off the list of those that wait
  }

  @Override
  public void enter() {
    super.enter();
    if (apic != null) {
      apic.syncPosted();
    }
  }

  /**
   * The guest sends an inter-processor interrupt ({@code kvm_apic_send_ipi()}). Does nothing
   * without a local APIC in the kernel.
   *
   * @param command what the guest writes to its interrupt command register
   */
  public void send(InterruptCommand command) {
    guestExecutes();
    if (apic == null) {
      return;
    }
    Tracepoints trace = vm().trace();
    if (trace.enabled()) {
      trace.emit(new X86Event.ApicIpi(command));
    }
    if (!command.isDeassertion()) {
      machine.delivery().send(this, command);
    }
  }

  /**
   * The guest takes a non-maskable interrupt.
   *
   * @return false if none is pending
   */
  public boolean takeNmi() {
    guestExecutes();
    return nmis.getAndUpdate(n -> Math.max(n - 1, 0)) != 0;
  }

  /**
   * An interrupt reaches this vCPU's local APIC ({@code __apic_accept_irq()}). Neither blocks nor
   * allocates.
   *
   * @return 1 if it is taken, 0 if refused
   */
  int accept(ApicInterrupt interrupt) {
    if (apic == null) {
      return 0;
    }
    Tracepoints trace = vm().trace();
    if (trace.enabled()) {
      trace.emit(new X86Event.ApicAcceptIrq(apic.id(), interrupt));
    }
    switch (interrupt.mode()) {
      case FIXED, LOWEST_PRIORITY -> {
        if (!apic.isEnabled()) {
          return 0;
        }
        apic.request(interrupt.vector(), interrupt.level());
      }
      case SMI -> {
        if (!vm().kvm().rules().smiReachesCpu()) {
          return 0;
        }
      }
      case NMI -> nmis.getAndUpdate(n -> Math.min(n + 1, MOST_NMIS));
      case EXT_INT -> {
        return 0;
      }
      default -> {
        // INIT, start-up and the reserved mode are taken; what they do to a vCPU is not modelled.
      }
    }
    kick();
    return 1;
  }

  /** Hardware has posted a vector, and notifies or not. */
  void posted(int vector, boolean notified) {
    Tracepoints trace = vm().trace();
    if (trace.enabled()) {
      trace.emit(new VcpuEvent.Posted(this, vector, notified));
    }
  }

  /**
   * The normal notification arrived where this vCPU is loaded: no exit while it is in guest mode.
   */
  void notified() {
    tellListener();
  }

  /** Something arrived for this vCPU ({@code kvm_vcpu_wake_up()}); false if it did not block. */
  boolean wakeUp() {
    return wake();
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    super.writeTo(sink);
    sink.put(nmis.get());
    if (apic != null) {
      apic.writeTo(sink);
    }
  }
}
