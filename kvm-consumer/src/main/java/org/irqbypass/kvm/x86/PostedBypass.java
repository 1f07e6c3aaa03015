package org.irqbypass.kvm.x86;

import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.GuestModeEntry;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.kvm.BypassPath;
import org.irqbypass.kvm.Route;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.BypassRefusal;
import org.jspecify.annotations.Nullable;

/**
 * Lets hardware deliver one host interrupt to a vCPU, or leaves it remapped ({@code
 * kvm_pi_update_irte()}, {@code arch/x86/kvm/irq.c}): through the vCPU's descriptor on Intel, into
 * its virtual APIC on AMD. A message of a delivery mode that makes a vector pending, for exactly
 * one vCPU, is posted; anything else stays the host's, and is no error.
 *
 * <p>What is programmed is remembered here, not derived from the route: so the interrupt is taken
 * back to the host whatever became of the route meanwhile.
 */
final class PostedBypass implements BypassPath {
  private final X86Vm machine;
  private boolean posted;

  /** On AMD: what the IOMMU writes the virtual APIC by. */
  private @Nullable GuestModeEntry entry;

  /** Volatile for those who ask for the status. */
  private volatile BypassReason reason = BypassReason.ROUTE_MISSING;

  PostedBypass(X86Vm machine) {
    this.machine = machine;
  }

  @Override
  public int addProducer(BypassProducer producer, @Nullable Route route) {
    try {
      program(producer.irq(), route);
    } catch (ErrnoException refused) {
      throw new BypassRefusal(
          refused.errno(),
          BypassReason.HARDWARE_CANNOT,
          producer.irq() + " cannot be posted: " + refused.getMessage());
    }
    return 0;
  }

  @Override
  public int routeChanged(BypassProducer producer, @Nullable Route route) {
    try {
      program(producer.irq(), route);
      return 0;
    } catch (ErrnoException refused) {
      return -refused.errno().number();
    }
  }

  @Override
  public void delProducer(BypassProducer producer) {
    remap(producer.irq());
  }

  private void program(HostIrq irq, @Nullable Route route) {
    if (!machine.canBypass()) {
      reason = BypassReason.HARDWARE_CANNOT;
      return;
    }
    if (!(route instanceof Routes.ToLocalApic message)) {
      reason = route == null ? BypassReason.ROUTE_MISSING : BypassReason.NOT_MSI;
      remap(irq);
      return;
    }
    ApicInterrupt interrupt = message.interrupt();
    X86Vcpu target = machine.delivery().singleTarget(interrupt);
    if (!interrupt.mode().isPostable()) {
      reason = BypassReason.DELIVERY_MODE;
      remap(irq);
    } else if (target == null) {
      reason = BypassReason.SEVERAL_DESTINATIONS;
      remap(irq);
    } else {
      post(irq, target, interrupt.vector());
    }
  }

  private void post(HostIrq irq, X86Vcpu target, int vector) {
    try {
      if (machine.hasVirtualApics()) {
        enterGuestMode(irq, target.virtualApic(), vector);
      } else {
        irq.setVcpuAffinity(new VcpuAffinity.Posted(target.posted(), vector));
      }
    } catch (RuntimeException | Error refused) {
      reason = BypassReason.HARDWARE_CANNOT;
      remap(irq);
      throw refused;
    }
    posted = true;
    reason = BypassReason.BYPASSED;
  }

  /** {@code avic_pi_update_irte()}. The entry that was in force goes once the new one is. */
  private void enterGuestMode(HostIrq irq, VirtualApic target, int vector) {
    GuestModeEntry made = new GuestModeEntry(target, vector);
    target.add(made, () -> irq.setVcpuAffinity(new VcpuAffinity.GuestMode(made)));
    forgetEntry();
    entry = made;
  }

  private void forgetEntry() {
    if (entry != null && entry.target() instanceof VirtualApic apic) {
      apic.remove(entry);
    }
    entry = null;
  }

  private void remap(HostIrq irq) {
    if (posted) {
      posted = false;
      try {
        irq.setVcpuAffinity(null);
      } finally {
        forgetEntry();
      }
    }
  }

  @Override
  public BypassReason reason() {
    return reason;
  }
}
