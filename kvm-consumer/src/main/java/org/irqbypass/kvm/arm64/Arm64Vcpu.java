package org.irqbypass.kvm.arm64;

import com.google.common.base.Preconditions;
import com.google.common.collect.ImmutableList;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.kvm.Vm;

/**
 * A vCPU of an Arm guest, with its interface to the vGIC. The guest may complete an interrupt in
 * one step ({@link #end}, EOImode 0) or in two ({@link #dropPriority} and {@link #deactivate},
 * EOImode 1).
 *
 * <p>Outside guest mode the guest's side works too: each step then is a visit to guest mode of its
 * own, without an exit that counts.
 */
public final class Arm64Vcpu extends Vcpu {
  private final Vgic vgic;
  private final VgicCpu gic;

  Arm64Vcpu(Vm vm, int id, Vgic vgic, int index) {
    super(vm, id);
    this.vgic = vgic;
    this.gic = new VgicCpu(index, vgic.hardware());
  }

  VgicCpu interfaceToGic() {
    return gic;
  }

  /**
   * The hardware may have delivered something, without an exit: wakes a vCPU that blocks.
   *
   * @param doorbell whether it rang the doorbell, which wakes whatever the priorities
   */
  void hardwareDelivered(boolean doorbell) {
    if (!doorbell && !hasPending()) {
      return;
    }
    if (scheduling() == Scheduling.BLOCKED) {
      wake();
    } else {
      tellListener();
    }
  }

  /** Leaves guest mode for maintenance. */
  void exitGuest(VcpuEvent.Reason reason) {
    exit(reason);
  }

  @Override
  public void enter() {
    if (!isRunning()) {
      super.enter();
      vgic.enter(gic);
    }
  }

  @Override
  public void leave() {
    if (isRunning()) {
      super.leave();
      vgic.leave(gic);
    }
  }

  /** Outside guest mode already; from now on the hardware rings the doorbell. */
  @Override
  protected void blocked(int physicalCpu) {
    vgic.block(gic);
  }

  /** Outside guest mode still: from now on no doorbell is needed. */
  @Override
  protected void loaded(int physicalCpu) {
    vgic.unblock(gic);
  }

  /**
   * Whether the hardware delivers virtual LPIs to this vCPU at once, and not into its table of what
   * is pending (GICv4: its vPE is resident).
   *
   * @return true between {@link #enter()} and {@link #leave()}
   */
  public boolean isResident() {
    return vgic.isResident(gic);
  }

  @Override
  public int take() {
    guestExecutes();
    int intid = vgic.acknowledge(this);
    if (intid >= 0 && vm().trace().enabled()) {
      vm().trace().emit(new VcpuEvent.Take(this, intid));
    }
    resumeGuest();
    return intid;
  }

  /**
   * The guest, on this vCPU, sends an SGI ({@code ICC_SGI1R_EL1}, {@code GICD_SGIR}). On a GICv2
   * those of several senders wait side by side, and what {@link #take()} returns has the sender's
   * place in bits 12 to 10, as {@code GICC_IAR} has.
   *
   * @param sgi 0 to 15
   * @param target the place of the vCPU that gets it, from 0
   * @throws org.irqbypass.errno.ErrnoException {@code EBUSY}: the controller is not initialized;
   *     {@code EINVAL}: no such vCPU
   */
  public void sendSgi(int sgi, int target) {
    Preconditions.checkElementIndex(sgi, Vgic.SGIS, "SGI");
    guestExecutes();
    vgic.sendSgi(gic, target, sgi);
  }

  /**
   * Configures an SGI or PPI of this vCPU's, as the guest's driver does ({@code GICR_ICFGR1},
   * {@code GICR_ISENABLER0}, {@code GICR_IPRIORITYR}). SGIs are edges, enabled; PPIs are level
   * triggered and disabled; all have priority 0 until told otherwise.
   *
   * @param intid 0 to 31
   * @param trigger edge or level; without meaning for an SGI
   * @param priority 0 (highest) to 255
   * @param enabled whether it comes through
   */
  public void configurePrivate(int intid, Trigger trigger, int priority, boolean enabled) {
    Preconditions.checkElementIndex(intid, Vgic.PRIVATE_IRQS, "SGI or PPI");
    Preconditions.checkArgument(priority >>> 8 == 0, "priority %s", priority);
    VgicIrq irq = gic.privateIrqs[intid];
    vgic.change(
        irq,
        () -> {
          irq.trigger = intid < Vgic.SGIS ? Trigger.EDGE : trigger;
          irq.priority = priority;
          irq.enabled = enabled;
        });
  }

  @Override
  public void end(int intid) {
    complete(intid, true);
  }

  /**
   * The guest drops the priority of the interrupt it took last, so that others may be taken, and
   * keeps the interrupt itself active ({@code ICC_EOIR1_EL1} in EOImode 1). An LPI has no active
   * state: it ends here.
   *
   * @param intid what {@link #take()} returned
   */
  public void dropPriority(int intid) {
    if (intid >= Vgic.FIRST_LPI) {
      complete(intid, true);
    } else {
      guestExecutes();
      vgic.dropPriority(this);
      resumeGuest();
    }
  }

  /**
   * The guest deactivates an interrupt whose priority it has dropped ({@code ICC_DIR_EL1}).
   *
   * @param intid what {@link #take()} returned
   */
  public void deactivate(int intid) {
    complete(intid, false);
  }

  private void complete(int intid, boolean dropsPriority) {
    guestExecutes();
    if (vm().trace().enabled()) {
      vm().trace().emit(new VcpuEvent.End(this, intid));
    }
    vgic.deactivate(this, intid, dropsPriority);
    resumeGuest();
  }

  @Override
  public boolean hasPending() {
    return vgic.hasPending(gic);
  }

  /**
   * The guest sets its priority mask ({@code ICC_PMR_EL1}).
   *
   * @param mask only interrupts of a priority below this are taken; 0 to 256, which masks nothing
   */
  public void maskPriorities(int mask) {
    Preconditions.checkArgument(mask >= 0 && mask <= 256, "priority mask %s", mask);
    if (vgic.maskPriorities(gic, mask)) {
      exit(VcpuEvent.Reason.MAINTENANCE);
      resumeGuest();
    }
  }

  /**
   * What the list registers hold.
   *
   * @return those in use, in order; none while the vCPU is outside guest mode
   */
  public ImmutableList<ListRegister> listRegisters() {
    return vgic.listRegisters(gic);
  }
}
