package org.irqbypass.kvm.arm64;

import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.jspecify.annotations.Nullable;

/**
 * The list registers of one vCPU: the interrupts that its hardware presents to the guest without
 * the hypervisor's help. Each is one word, laid out like {@code ICH_LR<n>_EL2} ({@code
 * include/linux/irqchip/arm-gic-v3.h}) but for the physical number, which has the bits that Linux's
 * own numbers need.
 *
 * <p>Guarded by the vGIC's lock; only {@link VgicCpu} touches it.
 */
final class ListRegisters implements Fingerprinted {
  static final long PENDING = 1L << 62;
  static final long ACTIVE = 1L << 63;
  static final long HARDWARE = 1L << 61;
  static final long EOI_MAINTENANCE = 1L << 60;
  private static final long STATE = PENDING | ACTIVE;
  private static final int PRIORITY_SHIFT = 52;
  private static final int PHYSICAL_SHIFT = 32;
  private static final long PHYSICAL_MASK = (1L << (PRIORITY_SHIFT - PHYSICAL_SHIFT)) - 1;

  private final long[] values;
  private final @Nullable VgicIrq[] irqs;
  private int used;

  ListRegisters(int count) {
    values = new long[count];
    irqs = new VgicIrq[count];
  }

  int count() {
    return values.length;
  }

  /** How many hold an interrupt. */
  int used() {
    return used;
  }

  /** The interrupt a register holds. */
  @Nullable VgicIrq irq(int register) {
    return irqs[register];
  }

  boolean has(int register, long flag) {
    return (values[register] & flag) != 0;
  }

  /** Neither pending nor active: the guest is done with it. */
  boolean isSpent(int register) {
    return (values[register] & STATE) == 0;
  }

  /** The physical number; of an SGI of a GICv2 instead: the vCPU that sent it. */
  int physicalId(int register) {
    return (int) (values[register] >>> PHYSICAL_SHIFT & PHYSICAL_MASK);
  }

  int priority(int register) {
    return (int) (values[register] >>> PRIORITY_SHIFT) & 0xff;
  }

  /** Puts an interrupt into a free register. */
  void load(VgicIrq irq, long flags, int physicalId) {
    int register = 0;
    while (irqs[register] != null) {
      register++;
    }
    values[register] =
        flags
            | (long) irq.priority << PRIORITY_SHIFT
            | (physicalId & PHYSICAL_MASK) << PHYSICAL_SHIFT
            | irq.intid;
    irqs[register] = irq;
    irq.register = register;
    used++;
  }

  /** The guest acknowledges: pending becomes active. */
  void acknowledge(int register) {
    values[register] = (values[register] & ~PENDING) | ACTIVE;
  }

  /** The guest deactivates. */
  void deactivate(int register) {
    values[register] &= ~ACTIVE;
  }

  /** Empties a register. */
  void clear(int register) {
    VgicIrq irq = irqs[register];
    if (irq != null) {
      irq.register = VgicIrq.NOT_LOADED;
      irqs[register] = null;
      values[register] = 0;
      used--;
    }
  }

  /** What a register holds, or null. */
  @Nullable ListRegister snapshot(int register) {
    VgicIrq irq = irqs[register];
    if (irq == null) {
      return null;
    }
    boolean hardware = has(register, HARDWARE);
    return new ListRegister(
        irq.intid,
        priority(register),
        has(register, PENDING),
        has(register, ACTIVE),
        hardware,
        hardware ? physicalId(register) : -1,
        has(register, EOI_MAINTENANCE));
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    for (long value : values) {
      sink.put(value);
    }
  }
}
