package org.irqbypass.kvm.arm64;

import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Trigger;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.jspecify.annotations.Nullable;

/**
 * One interrupt as the guest's interrupt controller knows it ({@code struct vgic_irq}, {@code
 * include/kvm/arm_vgic.h}). While a list register holds it, what the guest has made of it is in
 * that register, and is folded back here when the vCPU leaves guest mode.
 *
 * <p>Guarded by the vGIC's lock.
 */
final class VgicIrq implements Fingerprinted {
  /** The value of {@link #register} of an interrupt that no list register holds. */
  static final int NOT_LOADED = -1;

  final int intid;
  Trigger trigger;
  boolean enabled;
  int priority;

  /** The level of the input, of a level interrupt. */
  boolean lineLevel;

  /** An edge that has yet to be delivered, or a guest's own write to the pending register. */
  boolean pendingLatch;

  /** Acknowledged and not deactivated, as of the last fold. */
  boolean active;

  /** Of an SGI of a GICv2: from which vCPUs it waits, a bit each ({@code irq->source}). */
  int sources;

  /** Of such an SGI that is active: whose it is. */
  int activeSource;

  /** To which vCPU it goes; null for an LPI whose collection is not mapped. */
  @Nullable VgicCpu target;

  /** Which vCPU's list it is on ({@code irq->vcpu}, {@code ap_list}). */
  @Nullable VgicCpu queuedOn;

  @Nullable VgicIrq previous;
  @Nullable VgicIrq next;

  /** The list register that holds it, of {@link #queuedOn}. */
  int register = NOT_LOADED;

  /** The host interrupt that stands behind it ({@code irq->hw}, {@code irq->host_irq}). */
  @Nullable HostIrq hostIrq;

  /** Of an LPI: the host interrupt that the hardware delivers as this ({@code irq->hw}). */
  @Nullable VirtualLpi mapping;

  /** Who alone may drive it ({@code kvm_vgic_set_owner()}). */
  @Nullable Object owner;

  /** Of an LPI: how many translations lead here. */
  int translations;

  VgicIrq(int intid, Trigger trigger) {
    this.intid = intid;
    this.trigger = trigger;
  }

  /** {@code irq_is_pending()}. */
  boolean isPending() {
    return pendingLatch || (trigger == Trigger.LEVEL && lineLevel);
  }

  boolean isLpi() {
    return intid >= Vgic.FIRST_LPI;
  }

  boolean isSpi() {
    return intid >= Vgic.PRIVATE_IRQS && !isLpi();
  }

  /** Where it has to be queued now, if anywhere ({@code vgic_target_oracle()}). */
  @Nullable VgicCpu destination() {
    if (active) {
      return queuedOn != null ? queuedOn : target;
    }
    return enabled && isPending() ? target : null;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    // Most of a controller's interrupts are as they were made: those take one word.
    long word = (long) intid << 32 | (long) priority << 16;
    word |= target == null ? 0 : 8L * (target.index + 1);
    word |= (trigger == Trigger.LEVEL ? 4 : 0) | (enabled ? 2 : 0);
    if (!lineLevel
        && !pendingLatch
        && !active
        && sources == 0
        && queuedOn == null
        && hostIrq == null
        && mapping == null
        && owner == null
        && translations == 0) {
      sink.put(word);
      return;
    }
    sink.put(word | 1)
        .put(lineLevel)
        .put(pendingLatch)
        .put(active)
        .put(sources)
        .put(activeSource)
        .putReference(queuedOn)
        .putReference(hostIrq)
        .putReference(mapping)
        .putReference(owner)
        .put(translations);
  }

  @Override
  public String toString() {
    return "INTID " + intid;
  }
}
