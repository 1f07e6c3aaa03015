package org.irqbypass.kvm.arm64;

import com.google.common.base.Preconditions;
import com.google.common.collect.ImmutableList;
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
    this.gic = new VgicCpu(index, vgic.hardware().listRegisters());
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
    vgic.maskPriorities(gic, mask);
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
