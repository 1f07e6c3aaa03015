package org.irqbypass.kvm.x86;

import com.google.common.base.Preconditions;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.work.SpinLock;

/**
 * The two PICs of a VM ({@code arch/x86/kvm/i8259.c}): 8 pins each, the second one cascaded into
 * pin 2 of the first, fixed priorities, end of interrupt by command. Rotating priorities, automatic
 * end of interrupt and special modes are not modelled.
 *
 * <p>Safe for use from many threads: one lock, held for a few instructions, never while somebody is
 * told of an acknowledgement.
 */
public final class Pic implements Fingerprinted {
  /** Pins of one chip. */
  public static final int PINS = 8;

  private static final int CASCADE = 2;

  private final X86Vm machine;
  private final SpinLock lock = new SpinLock();

  // All guarded by the lock.
  private final Chip[] chips = {new Chip(), new Chip()};
  private final LineStates lines = new LineStates(2 * PINS);
  private boolean output;

  Pic(X86Vm machine) {
    this.machine = machine;
  }

  /** One 8259A ({@code struct kvm_kpic_state}). */
  private static final class Chip {
    int irr;
    int lastIrr;
    int imr;
    int isr;
    int elcr;
    int base;

    /** Drives a pin; -1: masked, 0: coalesced, 1: taken ({@code pic_set_irq1()}). */
    int set(int pin, boolean high) {
      int bit = 1 << pin;
      int result = 1;
      if (!high) {
        lastIrr &= ~bit;
        if ((elcr & bit) != 0) {
          irr &= ~bit;
        }
      } else {
        if ((elcr & bit) != 0 || (lastIrr & bit) == 0) {
          result = (irr & bit) == 0 ? 1 : 0;
          irr |= bit;
        }
        lastIrr |= bit;
      }
      return (imr & bit) != 0 ? -1 : result;
    }

    /** The pin that interrupts now; -1 if none does ({@code pic_get_irq()}). */
    int pending() {
      int waiting = irr & ~imr;
      if (waiting == 0) {
        return -1;
      }
      int pin = Integer.numberOfTrailingZeros(waiting);
      return isr == 0 || pin < Integer.numberOfTrailingZeros(isr) ? pin : -1;
    }

    void acknowledge(int pin) {
      isr |= 1 << pin;
      if ((elcr & 1 << pin) == 0) {
        irr &= ~(1 << pin);
      }
    }
  }

  /** Drives a pin ({@code kvm_pic_set_irq()}). */
  int set(int source, int chip, int pin, int level) {
    boolean rose;
    int result;
    lock.lock();
    try {
      boolean high = lines.drive(chip * PINS + pin, source, level != 0);
      result = chips[chip].set(pin, high);
      rose = update();
      if (machine.vm().trace().enabled()) {
        boolean byLevel = (chips[chip].elcr & 1 << pin) != 0;
        boolean masked = (chips[chip].imr & 1 << pin) != 0;
        machine.vm().trace().emit(new X86Event.PicSetIrq(chip, pin, byLevel, masked, result == 0));
      }
    } finally {
      lock.unlock();
    }
    kickIf(rose);
    return result;
  }

  /** To be called without the lock, behind whatever changed the output ({@code pic_unlock()}). */
  private void kickIf(boolean rose) {
    if (rose) {
      machine.kickForPic();
    }
  }

  /** Passes the second chip's output on ({@code pic_update_irq()}); true if the output rose. */
  private boolean update() {
    if (chips[1].pending() >= 0) {
      chips[0].set(CASCADE, true);
      chips[0].set(CASCADE, false);
    }
    boolean before = output;
    output = chips[0].pending() >= 0;
    return output && !before;
  }

  /**
   * The guest's CPU asks for the vector ({@code kvm_pic_read_irq()}).
   *
   * @return the vector; that of a spurious interrupt if there is none
   */
  public int acknowledge() {
    lock.lock();
    try {
      int pin = chips[0].pending();
      if (pin < 0) {
        return chips[0].base + 7;
      }
      chips[0].acknowledge(pin);
      int vector = chips[0].base + pin;
      if (pin == CASCADE) {
        int second = chips[1].pending();
        vector = chips[1].base + (second < 0 ? 7 : second);
        if (second >= 0) {
          chips[1].acknowledge(second);
        }
      }
      update();
      return vector;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The guest ends the highest interrupt in service of a chip ({@code pic_clear_isr()}). Does
   * nothing if there is none.
   *
   * @param chip 0 or 1
   */
  public void end(int chip) {
    Preconditions.checkElementIndex(chip, chips.length);
    int pin;
    lock.lock();
    try {
      Chip ended = chips[chip];
      if (ended.isr == 0) {
        return;
      }
      pin = Integer.numberOfTrailingZeros(ended.isr);
      ended.isr &= ~(1 << pin);
    } finally {
      lock.unlock();
    }
    machine.vm().notifyAcked(chip, pin);
    boolean rose;
    lock.lock();
    try {
      rose = update(); // only now: who was told may have lowered the line
    } finally {
      lock.unlock();
    }
    kickIf(rose);
  }

  /**
   * The guest programs a chip.
   *
   * @param chip 0 or 1
   * @param base the vector of pin 0
   * @param mask one bit a pin: those that do not interrupt (IMR)
   * @param levels one bit a pin: those triggered by level (ELCR)
   */
  public void program(int chip, int base, int mask, int levels) {
    Preconditions.checkElementIndex(chip, chips.length);
    boolean rose;
    lock.lock();
    try {
      chips[chip].base = base & 0xf8;
      chips[chip].imr = mask & 0xff;
      chips[chip].elcr = levels & 0xff;
      rose = update();
    } finally {
      lock.unlock();
    }
    kickIf(rose);
  }

  /**
   * The state of one PIC ({@code struct kvm_pic_state}), one bit a pin.
   *
   * @param irr pins whose interrupt waits
   * @param imr pins that are masked
   * @param isr pins whose interrupt is in service
   * @param elcr pins triggered by level
   * @param lastIrr pins that are high
   */
  public record State(int irr, int imr, int isr, int elcr, int lastIrr) {}

  /**
   * The state of a chip ({@code KVM_GET_IRQCHIP}).
   *
   * @param chip 0 or 1
   * @return a snapshot
   */
  public State state(int chip) {
    Preconditions.checkElementIndex(chip, chips.length);
    lock.lock();
    try {
      Chip one = chips[chip];
      return new State(one.irr, one.imr, one.isr, one.elcr, one.lastIrr);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    lock.lock();
    try {
      sink.put(output);
      for (Chip one : chips) {
        sink.put(one.irr).put(one.imr).put(one.isr).put(one.elcr).put(one.lastIrr).put(one.base);
      }
      for (int pin = 0; pin < 2 * PINS; pin++) {
        sink.put(lines.of(pin));
      }
    } finally {
      lock.unlock();
    }
  }
}
