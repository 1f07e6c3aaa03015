package org.irqbypass.kvm.arm64;

import com.google.common.base.Preconditions;
import com.google.common.collect.ImmutableList;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.atomic.AtomicBoolean;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.Trigger;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.work.SpinLock;
import org.jspecify.annotations.Nullable;

/**
 * The locality-specific interrupts of one guest ({@code vgic_dist.lpi_list_head}, {@code
 * arch/arm64/kvm/vgic/vgic-its.c} and {@code vgic-v3.c}): those that translations lead to, and the
 * tables that the guest keeps of them in its memory, one of properties for all vCPUs and one of
 * pending bits for each.
 *
 * <p>Everything is guarded by the vGIC's lock, which the calls here take. Safe for use from many
 * threads. Injecting allocates nothing.
 */
public final class LpiTables implements Fingerprinted {
  private final Vgic vgic;
  private final SpinLock lock;

  /** In the order in which translations first led to them, which is Linux's. */
  private final Map<Integer, VgicIrq> lpis = new LinkedHashMap<>();

  /** In the guest's memory: a byte for each LPI, its priority and whether it is enabled. */
  private byte properties;

  /** The LPIs whose byte is another one. */
  private final Map<Integer, Byte> ownProperties = new TreeMap<>();

  LpiTables(Vgic vgic, SpinLock lock) {
    this.vgic = vgic;
    this.lock = lock;
  }

  /**
   * Makes an LPI pending. Allocates nothing.
   *
   * @param lpi was translated to a moment ago
   * @return false if it has been dropped since ({@code vgic_try_get_irq_ref()}), and with that the
   *     translation: its number may be another's by now
   */
  boolean inject(VgicIrq lpi) {
    VgicCpu woken;
    lock.lock();
    try {
      if (isUnused(lpi)) {
        return false;
      }
      lpi.pendingLatch = true;
      woken = vgic.queue(lpi);
    } finally {
      lock.unlock();
    }
    vgic.kick(woken);
    return true;
  }

  /** {@code vgic_add_lpi()}: another translation leads to an LPI, which is made if need be. */
  VgicIrq use(int intid, @Nullable VgicCpu target) {
    VgicCpu woken = null;
    VgicIrq lpi;
    lock.lock();
    try {
      lpi = lpis.get(intid);
      if (lpi == null) {
        lpi = new VgicIrq(intid, Trigger.EDGE);
        lpi.target = target;
        lpis.put(intid, lpi);
        readProperties(lpi);
        if (target != null && target.pendingTable.get(intid)) {
          target.pendingTable.clear(intid);
          lpi.pendingLatch = true;
          woken = vgic.queue(lpi);
        }
      }
      lpi.translations++;
    } finally {
      lock.unlock();
    }
    vgic.kick(woken);
    return lpi;
  }

  /** {@code its_free_ite()}: a translation no longer leads to an LPI. */
  void release(VgicIrq lpi) {
    vgic.virtualLpis().unmap(lpi);
    lock.lock();
    try {
      lpi.translations--;
      dropUnused(lpi);
    } finally {
      lock.unlock();
    }
  }

  /** An LPI without translation lives on while it is pending or active for a vCPU. */
  void dropUnused(VgicIrq irq) {
    if (irq.isLpi() && isUnused(irq)) {
      lpis.remove(irq.intid, irq);
    }
  }

  private static boolean isUnused(VgicIrq lpi) {
    return lpi.translations == 0 && lpi.queuedOn == null;
  }

  /** What software has pending goes elsewhere: takes it back, and returns whether it was. */
  boolean takePending(VgicIrq lpi) {
    AtomicBoolean pending = new AtomicBoolean();
    vgic.change(
        lpi,
        () -> {
          pending.set(lpi.pendingLatch);
          lpi.pendingLatch = false;
        });
    return pending.get();
  }

  /** {@code CLEAR}: an LPI is pending no more. */
  void clearPending(VgicIrq lpi) {
    vgic.change(lpi, () -> lpi.pendingLatch = false);
    vgic.virtualLpis().clearPending(lpi);
  }

  /**
   * {@code update_lpi_config()}: the guest's properties of an LPI come into force.
   *
   * @param invalidate whether hardware that delivers it has to read them at once
   */
  void refresh(VgicIrq lpi, boolean invalidate) {
    vgic.change(lpi, () -> readProperties(lpi));
    vgic.virtualLpis().updateProperties(lpi, lpi.priority | (lpi.enabled ? 1 : 0), invalidate);
  }

  /** {@code vgic_its_invall()}: the same for all LPIs that go to a vCPU. */
  void refreshAll(VgicCpu target) {
    of(target).forEach(lpi -> refresh(lpi, false));
    vgic.virtualLpis().invalidateAll();
  }

  private void readProperties(VgicIrq lpi) {
    byte property = ownProperties.getOrDefault(lpi.intid, properties);
    lpi.priority = property & 0xfc;
    lpi.enabled = (property & 1) != 0;
  }

  /** The LPIs that go to a vCPU. */
  ImmutableList<VgicIrq> of(VgicCpu target) {
    lock.lock();
    try {
      return lpis.values().stream()
          .filter(lpi -> lpi.target == target)
          .collect(ImmutableList.toImmutableList());
    } finally {
      lock.unlock();
    }
  }

  /**
   * The guest writes an LPI's property byte into its memory; in force at the next {@code INV} or
   * {@code MAPTI}.
   *
   * @param lpi 8192 to 65535
   * @param priority 0 (highest) to 255, of which the upper six bits count
   * @param enabled whether it comes through
   */
  public void writeProperties(int lpi, int priority, boolean enabled) {
    Preconditions.checkElementIndex(lpi - Vgic.FIRST_LPI, Vgic.LPI_LIMIT - Vgic.FIRST_LPI, "LPI");
    byte written = propertyByte(priority, enabled);
    lock.lock();
    try {
      if (written == properties) {
        ownProperties.remove(lpi);
      } else {
        ownProperties.put(lpi, written);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * The guest writes the property bytes of all LPIs into its memory.
   *
   * @param priority 0 (highest) to 255, of which the upper six bits count
   * @param enabled whether they come through
   */
  public void writeAllProperties(int priority, boolean enabled) {
    lock.lock();
    try {
      properties = propertyByte(priority, enabled);
      ownProperties.clear();
    } finally {
      lock.unlock();
    }
  }

  private static byte propertyByte(int priority, boolean enabled) {
    return (byte) ((priority & 0xfc) | (enabled ? 1 : 0));
  }

  /**
   * Whether a vCPU takes LPIs.
   *
   * @param vcpu the vCPU's place among the VM's, from 0
   * @return what its {@code GICR_CTLR.EnableLPIs} says
   * @throws ErrnoException {@code EINVAL}: no such vCPU
   */
  public boolean areEnabled(int vcpu) {
    return existing(vcpu).interfaceToGic().lpisEnabled;
  }

  private Arm64Vcpu existing(int index) {
    Arm64Vcpu found = vgic.vcpu(index);
    if (found == null) {
      throw new ErrnoException(Errno.EINVAL, vgic.vm() + " has no vCPU at " + index);
    }
    return found;
  }

  /**
   * The guest enables or disables a vCPU's LPIs ({@code vgic_mmio_write_v3r_ctlr()}). Enabling
   * reads the vCPU's table of pending LPIs; disabling drops what was pending. Without an ITS
   * nothing happens.
   *
   * @param vcpu the vCPU's place among the VM's, from 0
   * @param enabled the new {@code GICR_CTLR.EnableLPIs}
   * @return whether LPIs were on before and are off now
   * @throws ErrnoException {@code EINVAL}: no such vCPU
   */
  boolean enable(int vcpu, boolean enabled) {
    Arm64Vcpu of = existing(vcpu);
    VgicCpu cpu = of.interfaceToGic();
    if (!vgic.hasIts()) {
      return false;
    }
    boolean before;
    lock.lock();
    try {
      before = cpu.lpisEnabled;
      cpu.lpisEnabled = enabled;
      if (before && !enabled) {
        flush(cpu);
      } else if (!before && enabled) {
        for (VgicIrq lpi : lpis.values()) {
          if (lpi.target == cpu) {
            lpi.pendingLatch = cpu.pendingTable.get(lpi.intid);
            vgic.queue(lpi);
          }
        }
      }
    } finally {
      lock.unlock();
    }
    of.kick();
    return before && !enabled;
  }

  /** {@code vgic_flush_pending_lpis()}. */
  private void flush(VgicCpu cpu) {
    if (cpu.loaded) {
      cpu.unload();
      cpu.stale = true;
    }
    VgicIrq irq = cpu.first();
    while (irq != null) {
      VgicIrq following = irq.next;
      if (irq.isLpi()) {
        cpu.remove(irq);
        irq.pendingLatch = false;
        irq.active = false;
        dropUnused(irq);
      }
      irq = following;
    }
  }

  /**
   * Writes which LPIs are pending into the guest's memory ({@code vgic_v3_save_pending_tables()}).
   */
  public void savePendingTables() {
    lock.lock();
    try {
      for (VgicIrq lpi : lpis.values()) {
        VgicCpu target = lpi.target;
        if (target == null) {
          continue;
        }
        VgicCpu holder = lpi.queuedOn;
        boolean pending =
            lpi.pendingLatch
                || (holder != null
                    && lpi.register != VgicIrq.NOT_LOADED
                    && holder.registers.has(lpi.register, ListRegisters.PENDING));
        target.pendingTable.set(lpi.intid, pending);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Reads a vCPU's table of pending LPIs from the guest's memory, where {@link #savePendingTables}
   * and the guest itself write it.
   *
   * @param vcpu the vCPU's place among the VM's, from 0
   * @param lpi 8192 to 65535
   * @return the LPI's bit
   * @throws ErrnoException {@code EINVAL}: no such vCPU
   */
  public boolean readPendingTable(int vcpu, int lpi) {
    VgicCpu cpu = existing(vcpu).interfaceToGic();
    lock.lock();
    try {
      return cpu.pendingTable.get(lpi);
    } finally {
      lock.unlock();
    }
  }

  /** Under the lock. */
  @Override
  public void writeTo(FingerprintSink sink) {
    sink.put(properties).put(ownProperties.size());
    ownProperties.forEach((lpi, written) -> sink.put(lpi).put(written));
    lpis.values().stream()
        .sorted((a, b) -> Integer.compare(a.intid, b.intid))
        .forEach(lpi -> lpi.writeTo(sink));
  }
}
