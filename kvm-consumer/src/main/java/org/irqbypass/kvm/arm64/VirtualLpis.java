package org.irqbypass.kvm.arm64;

import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.kvm.Vm;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.SpinLock;
import org.jspecify.annotations.Nullable;

/**
 * The host interrupts that reach one guest as LPIs ({@code arch/arm64/kvm/vgic/vgic-v4.c}, {@code
 * drivers/irqchip/irq-gic-v4.c}).
 *
 * <p>A host interrupt is mapped to one LPI at most, and an LPI has one host interrupt at most: two
 * for one broke Linux 6.1, and are refused here in every profile. What the hardware has pending is
 * lost when a mapping ends, since a GICv4 has no way to ask for it; what software has pending moves
 * into the hardware when one begins.
 *
 * <p>State is guarded by the vGIC's lock, which is free while the host is called. Calls for one
 * interrupt that map come one at a time: with an ITS's lock held. Unmapping is safe at any time.
 * Delivering allocates nothing.
 */
final class VirtualLpis {
  /** {@code LPI_PROP_GROUP1}. */
  private static final int GROUP_1 = 2;

  private final Vgic vgic;
  private final SpinLock lock;
  private final Tracepoints trace;

  /** Changed under the lock; read by those who only look as well. */
  private final Map<HostIrq, VirtualLpi> byHost = new ConcurrentHashMap<>();

  VirtualLpis(Vgic vgic, SpinLock lock) {
    this.vgic = vgic;
    this.lock = lock;
    this.trace = vgic.trace();
  }

  Vm vm() {
    return vgic.vm();
  }

  /** {@code vgic_supports_direct_msis()}. */
  boolean areSupported() {
    return vgic.hardware().virtualLpis() && vgic.hasIts();
  }

  /** Whether a host interrupt is mapped to anything of this guest's, and the hardware has it so. */
  boolean isMapped(HostIrq host) {
    return byHost.containsKey(host) && host.isPosted();
  }

  /**
   * Maps a host interrupt to an LPI that goes to a vCPU.
   *
   * @return whether it is mapped; false: the LPI has another host interrupt
   * @throws ErrnoException what the host's interrupt controller returned; nothing is mapped then
   */
  boolean map(VgicIrq lpi, HostIrq host, VgicCpu target) {
    refuseOtherVm(host);
    VirtualLpi vlpi = new VirtualLpi(this, lpi, host, target);
    VirtualLpi before;
    lock.lock();
    try {
      before = lpi.mapping;
      if (before == null) {
        attach(vlpi);
      }
    } finally {
      lock.unlock();
    }
    if (before != null) {
      if (before.host != host) {
        return false;
      }
      move(before); // left behind when it was last unmapped
      transferPending(lpi, host);
      return true;
    }
    try {
      program(vlpi);
    } catch (RuntimeException | Error refused) { // nothing is mapped then, whatever it was
      if (remove(vlpi) && refused instanceof ErrnoException errno) {
        emitReturned(VgicFunction.ITS_MAP_VLPI, -errno.errno().number());
      }
      throw refused;
    }
    transferPending(lpi, host);
    return true;
  }

  /** What software has pending is the hardware's from now on. */
  private void transferPending(VgicIrq lpi, HostIrq host) {
    if (vgic.lpis().takePending(lpi)) {
      host.setPending();
    }
  }

  /** A host interrupt that one VM has is not given to another ({@code its_vlpi_map()}). */
  private void refuseOtherVm(HostIrq host) {
    if (host.vcpuAffinity() instanceof VcpuAffinity.VirtualLpi given
        && given.mapping() instanceof VirtualLpi other
        && !other.belongsTo(this)) {
      throw new ErrnoException(Errno.EINVAL, host + " is given to " + other);
    }
  }

  /** Under the lock. */
  private void attach(VirtualLpi vlpi) {
    VirtualLpi elsewhere = byHost.put(vlpi.host, vlpi);
    if (elsewhere != null) { // left behind there
      detach(elsewhere);
    }
    vlpi.lpi.mapping = vlpi;
    vlpi.target.virtualPe.add(vlpi);
  }

  /** {@code its_map_vlpi()} of what is not mapped. */
  private void program(VirtualLpi vlpi) {
    emitMap(vlpi);
    vlpi.host.setVcpuAffinity(new VcpuAffinity.VirtualLpi(vlpi));
    emitReturned(VgicFunction.ITS_MAP_VLPI, 0);
  }

  /**
   * {@code its_map_vlpi()} of what is mapped: the hardware's entry, if it still has it, is moved to
   * where it goes by now. The host is not asked, since somebody may be unmapping it.
   */
  private void move(VirtualLpi vlpi) {
    emitMap(vlpi);
    emitReturned(VgicFunction.ITS_MAP_VLPI, 0);
  }

  private void emitMap(VirtualLpi vlpi) {
    if (trace.enabled()) {
      int properties = vlpi.lpi.priority | GROUP_1 | (vlpi.lpi.enabled ? 1 : 0);
      trace.emit(new VgicEvent.ItsMapVlpi(vlpi.host, vlpi.lpi.intid, properties));
    }
  }

  /** Gives a host interrupt back to the host. Does nothing if it is not mapped. */
  void unmap(HostIrq host) {
    VirtualLpi vlpi = byHost.get(host);
    if (vlpi != null) {
      unmap(vlpi);
    }
  }

  /** The guest takes an LPI away: gives its host interrupt, if it has one, back to the host. */
  void unmap(VgicIrq lpi) {
    VirtualLpi vlpi = mappingOf(lpi);
    if (vlpi != null) {
      unmap(vlpi);
    }
  }

  /** {@code its_unmap_vlpi()}. */
  private void unmap(VirtualLpi vlpi) {
    if (!remove(vlpi)) {
      return; // somebody else was faster
    }
    if (trace.enabled()) {
      trace.emit(new VgicEvent.ItsUnmapVlpi(vlpi.host));
    }
    vlpi.host.setVcpuAffinity(null);
    emitReturned(VgicFunction.ITS_UNMAP_VLPI, 0);
  }

  private boolean remove(VirtualLpi vlpi) {
    lock.lock();
    try {
      if (vlpi.lpi.mapping != vlpi) {
        return false;
      }
      byHost.remove(vlpi.host, vlpi);
      detach(vlpi);
      return true;
    } finally {
      lock.unlock();
    }
  }

  /** Under the lock. */
  private static void detach(VirtualLpi vlpi) {
    vlpi.lpi.mapping = null;
    vlpi.target.virtualPe.remove(vlpi);
    vlpi.pending = false;
  }

  private @Nullable VirtualLpi mappingOf(VgicIrq lpi) {
    lock.lock();
    try {
      return lpi.mapping;
    } finally {
      lock.unlock();
    }
  }

  /** The host interrupt that stands behind an LPI; null if none does. */
  @Nullable HostIrq hostOf(VgicIrq lpi) {
    VirtualLpi vlpi = mappingOf(lpi);
    return vlpi == null ? null : vlpi.host;
  }

  // ---- What the guest commands

  /** {@code update_affinity()}: an LPI goes to another vCPU, and what is pending goes along. */
  void retarget(VgicIrq lpi, VgicCpu target) {
    VirtualLpi vlpi = mappingOf(lpi);
    if (vlpi == null) {
      return;
    }
    if (trace.enabled()) {
      trace.emit(new VgicEvent.ItsGetVlpi(vlpi.host));
      emitReturned(VgicFunction.ITS_GET_VLPI, 0);
    }
    lock.lock();
    try {
      if (lpi.mapping == vlpi) {
        vlpi.target.virtualPe.remove(vlpi);
        target.virtualPe.add(vlpi);
        vlpi.target = target;
      }
    } finally {
      lock.unlock();
    }
    move(vlpi);
    tellOfPending(vlpi);
  }

  /**
   * {@code update_lpi_config()}: the hardware is told of an LPI's properties, which are in force.
   *
   * @param invalidate whether the hardware has to read them at once ({@code PROP_UPDATE_AND_INV})
   */
  void updateProperties(VgicIrq lpi, int properties, boolean invalidate) {
    VirtualLpi vlpi = mappingOf(lpi);
    if (vlpi == null) {
      return;
    }
    if (trace.enabled()) {
      trace.emit(new VgicEvent.ItsPropUpdateVlpi(vlpi.host, properties, invalidate));
      emitReturned(VgicFunction.ITS_PROP_UPDATE_VLPI, 0);
    }
    tellOfPending(vlpi);
  }

  /** {@code its_invall_vpe()}: the hardware reads all properties of a vCPU's LPIs again. */
  void invalidateAll() {
    if (areSupported() && trace.enabled()) {
      trace.emit(new VgicEvent.ItsInvallVpe());
      emitReturned(VgicFunction.ITS_INVALL_VPE, 0);
    }
  }

  /** {@code CLEAR}: an LPI is pending in the hardware no more. */
  void clearPending(VgicIrq lpi) {
    lock.lock();
    try {
      if (lpi.mapping != null) {
        lpi.mapping.pending = false;
      }
    } finally {
      lock.unlock();
    }
  }

  // ---- Delivering

  /**
   * The hardware makes a vLPI pending. Rings the doorbell of a vCPU that is blocked: because it was
   * scheduled out so, or because the guest has nothing else to do and its wait traps.
   */
  void deliver(VirtualLpi vlpi) {
    Arm64Vcpu vcpu;
    boolean rings;
    lock.lock();
    try {
      if (vlpi.lpi.mapping != vlpi) {
        return; // it came while the mapping ended, and is lost with it
      }
      VgicCpu target = vlpi.target;
      vcpu = vgic.vcpus().get(target.index);
      rings = vlpi.lpi.enabled && !vlpi.pending && target.virtualPe.ring(!target.hasPending());
      vlpi.pending = true;
    } finally {
      lock.unlock();
    }
    if (trace.enabled()) {
      trace.emit(new VcpuEvent.Posted(vcpu, vlpi.lpi.intid, rings));
    }
    tell(vcpu, rings);
  }

  private void tell(Arm64Vcpu vcpu, boolean rang) {
    if (rang && trace.enabled()) {
      trace.emit(new VgicEvent.V4DoorbellHandler());
    }
    vcpu.hardwareDelivered(rang);
  }

  /** The hardware forgets a vLPI that is pending. */
  void discard(VirtualLpi vlpi) {
    lock.lock();
    try {
      vlpi.pending = false;
    } finally {
      lock.unlock();
    }
  }

  /** What is pending goes to this vCPU now, or comes through: as {@link #deliver} if it blocks. */
  private void tellOfPending(VirtualLpi vlpi) {
    Arm64Vcpu vcpu;
    boolean rings;
    lock.lock();
    try {
      VgicCpu target = vlpi.target;
      vcpu = vgic.vcpus().get(target.index);
      rings = vlpi.pending && vlpi.lpi.enabled && target.virtualPe.ring(false);
    } finally {
      lock.unlock();
    }
    tell(vcpu, rings);
  }

  /** To which vCPU a vLPI goes. */
  Arm64Vcpu vcpuOf(VirtualLpi vlpi) {
    lock.lock();
    try {
      return vgic.vcpus().get(vlpi.target.index);
    } finally {
      lock.unlock();
    }
  }

  /** The vCPUs were halted, and go on: those that were not blocked are loaded again. */
  void resumed() {
    lock.lock();
    try {
      for (Arm64Vcpu vcpu : vgic.vcpus()) {
        VgicCpu cpu = vcpu.interfaceToGic();
        boolean blocked = cpu.virtualPe.waitTraps() && !cpu.hasPending();
        if (vcpu.isRunning() && !blocked) {
          cpu.virtualPe.load();
        }
      }
    } finally {
      lock.unlock();
    }
  }

  private void emitReturned(VgicFunction function, int result) {
    if (trace.enabled()) {
      trace.emit(new VgicEvent.Returned(function, result));
    }
  }
}
