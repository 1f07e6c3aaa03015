package org.irqbypass.kvm.x86;

import com.google.common.base.Preconditions;
import java.util.Arrays;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.work.SpinLock;

/**
 * The IOAPIC of a VM ({@code arch/x86/kvm/ioapic.c}): 24 pins, each with a redirection entry, see
 * {@link Redirection}. Linux puts a pin that fires again and again right at its end off for 10 ms;
 * that is not modelled.
 *
 * <p>Safe for use from many threads: one lock, held while an interrupt is brought to local APICs,
 * never while somebody is told of an acknowledgement.
 */
public final class IoApic implements Fingerprinted {
  /** {@code KVM_IOAPIC_NUM_PINS}. */
  public static final int PINS = 24;

  /** {@code KVM_IRQCHIP_IOAPIC}: its number in routing entries. */
  public static final int IRQCHIP = 2;

  private final X86Vm machine;
  private final SpinLock lock = new SpinLock();

  // All guarded by the lock.
  private final long[] entries = new long[PINS];
  private final LineStates lines = new LineStates(PINS);
  private final RtcStatus rtc = new RtcStatus();

  /** Pins that are high, or have an edge that waits. */
  private int irr;

  /** Pins whose edge was delivered while the line is still high. */
  private int delivered;

  IoApic(X86Vm machine) {
    this.machine = machine;
    Arrays.fill(entries, Redirection.MASKED);
  }

  /** Drives a pin ({@code kvm_ioapic_set_irq()}). */
  int set(int source, int pin, int level, boolean lineStatus) {
    lock.lock();
    try {
      return setLocked(pin, lines.drive(pin, source, level != 0), lineStatus);
    } finally {
      lock.unlock();
    }
  }

  private int setLocked(int pin, boolean high, boolean lineStatus) {
    long entry = entries[pin];
    int result = high ? raise(pin, lineStatus) : lower(pin);
    if (machine.vm().trace().enabled()) {
      machine.vm().trace().emit(new X86Event.IoapicSetIrq(entry, pin, result == 0));
    }
    return result;
  }

  private int lower(int pin) {
    irr &= ~(1 << pin);
    return 1;
  }

  private int raise(int pin, boolean lineStatus) {
    int bit = 1 << pin;
    if (pin == RtcStatus.PIN && lineStatus && rtc.isPending()) {
      return 0;
    }
    boolean waits = (irr & bit) != 0;
    irr |= bit;
    if (!Redirection.isLevel(entries[pin])) {
      delivered &= ~bit;
      if (waits) {
        return 0;
      }
    }
    return service(pin, lineStatus);
  }

  /** Delivers what a pin has, if its entry allows ({@code ioapic_service()}). */
  private int service(int pin, boolean lineStatus) {
    long entry = entries[pin];
    boolean level = Redirection.isLevel(entry);
    if ((entry & Redirection.MASKED) != 0 || (level && (entry & Redirection.REMOTE_IRR) != 0)) {
      return -1;
    }
    if (!level) {
      delivered |= 1 << pin;
    }
    boolean counted = pin == RtcStatus.PIN && lineStatus;
    int result =
        machine.delivery().deliver(ApicInterrupt.ofRedirection(entry), counted ? rtc : null);
    if (level && result != 0) {
      entries[pin] |= Redirection.REMOTE_IRR;
    }
    return result;
  }

  /** Whether the end of a vector is of interest here ({@code kvm_ioapic_handles_vector()}). */
  boolean handles(int vector) {
    lock.lock();
    try {
      for (int pin = 0; pin < PINS; pin++) {
        if (Redirection.vector(entries[pin]) == vector
            && (Redirection.isLevel(entries[pin])
                || pin == RtcStatus.PIN
                || machine.vm().hasAckNotifier(IRQCHIP, pin))) {
          return true;
        }
      }
      return rtc.awaits(vector);
    } finally {
      lock.unlock();
    }
  }

  /**
   * The guest ends a vector ({@code kvm_ioapic_update_eoi()}): whoever waits for the
   * acknowledgement of its pins is told, then a level that is still high is delivered again.
   */
  void end(X86Vcpu vcpu, int vector, boolean level, boolean directed) {
    lock.lock();
    try {
      rtc.ended(vcpu, vector);
    } finally {
      lock.unlock();
    }
    for (int pin = 0; pin < PINS; pin++) {
      if (hasVector(pin, vector)) {
        // Without the lock: the notifier lowers the line. What is delivered meanwhile waits for
        // the remote IRR, which is cleared behind it.
        machine.vm().notifyAcked(IRQCHIP, pin);
        if (level && !directed) {
          endLevel(pin);
        }
      }
    }
  }

  private boolean hasVector(int pin, int vector) {
    lock.lock();
    try {
      return Redirection.vector(entries[pin]) == vector;
    } finally {
      lock.unlock();
    }
  }

  private void endLevel(int pin) {
    lock.lock();
    try {
      entries[pin] &= ~Redirection.REMOTE_IRR;
      if ((entries[pin] & Redirection.MASKED) == 0 && (irr & 1 << pin) != 0) {
        service(pin, false);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * A pin's redirection entry.
   *
   * @param pin 0 to 23
   * @return the 64 bits; masked after reset
   */
  public long redirection(int pin) {
    Preconditions.checkElementIndex(pin, PINS);
    lock.lock();
    try {
      return entries[pin];
    } finally {
      lock.unlock();
    }
  }

  /**
   * The guest writes a redirection entry ({@code ioapic_write_indirect()}). An unmasked level that
   * is high is delivered at once.
   *
   * @param pin 0 to 23
   * @param entry the 64 bits; those that are read-only to the guest are kept
   */
  public void writeRedirection(int pin, long entry) {
    Preconditions.checkElementIndex(pin, PINS);
    lock.lock();
    try {
      long written = (entry & ~Redirection.READ_ONLY) | (entries[pin] & Redirection.READ_ONLY);
      if (!Redirection.isLevel(written)) {
        written &= ~Redirection.REMOTE_IRR;
      }
      entries[pin] = written;
      boolean due = Redirection.isLevel(written) && (written & Redirection.REMOTE_IRR) == 0;
      if (due && (irr & 1 << pin) != 0) {
        service(pin, false);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Which pins are high, but for edges that were delivered ({@code kvm_get_ioapic()}).
   *
   * @return one bit a pin
   */
  public int irr() {
    lock.lock();
    try {
      return irr & ~delivered;
    } finally {
      lock.unlock();
    }
  }

  /**
   * All redirection entries.
   *
   * @return a copy, by pin
   */
  public long[] redirections() {
    lock.lock();
    try {
      return entries.clone();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Userspace sets the whole state ({@code KVM_SET_IRQCHIP}, {@code kvm_set_ioapic()}): each pin
   * that is high is driven again.
   *
   * @param redirections 24 entries
   * @param newIrr one bit a pin
   */
  public void setState(long[] redirections, int newIrr) {
    Preconditions.checkArgument(redirections.length == PINS, "an IOAPIC has 24 entries");
    lock.lock();
    try {
      System.arraycopy(redirections, 0, entries, 0, PINS);
      irr = 0;
      delivered = 0;
      rtc.clear();
      for (int pin = 0; pin < PINS; pin++) {
        if ((newIrr & 1 << pin) != 0) {
          setLocked(pin, true, true);
        }
      }
      for (Vcpu vcpu : machine.vm().vcpus()) {
        restoreClockLocked((X86Vcpu) vcpu);
      }
    } finally {
      lock.unlock();
    }
  }

  /**
   * Learns from a local APIC whether its vCPU has still to end the real-time clock's interrupt,
   * since userspace has written its state ({@code rtc_irq_eoi_tracking_restore_one()}).
   */
  void restoreClock(X86Vcpu vcpu) {
    lock.lock();
    try {
      restoreClockLocked(vcpu);
    } finally {
      lock.unlock();
    }
  }

  private void restoreClockLocked(X86Vcpu vcpu) {
    ApicInterrupt clock = ApicInterrupt.ofRedirection(entries[RtcStatus.PIN]);
    LocalApic apic = vcpu.localApicOrNull();
    if (apic != null && apic.matches(clock.destination(), clock.logical(), false)) {
      rtc.restore(vcpu, clock.vector(), apic.awaitsEnd(clock.vector()));
    }
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    lock.lock();
    try {
      sink.put(irr).put(delivered).put(rtc.isPending());
      for (int pin = 0; pin < PINS; pin++) {
        sink.put(entries[pin]).put(lines.of(pin));
      }
    } finally {
      lock.unlock();
    }
  }
}
