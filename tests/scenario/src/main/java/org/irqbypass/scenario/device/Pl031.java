package org.irqbypass.scenario.device;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Raise;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;

/**
 * The interrupt side of ARM's real-time clock ({@code hw/rtc/pl031.c}): a raw status bit and a mask
 * bit; the line is high while both are set. For one thread.
 */
public final class Pl031 implements Fingerprinted {
  private final HostIrq irq;
  private boolean raw;
  private boolean allowed;

  /**
   * Makes a clock whose line is low.
   *
   * @param irq the host's interrupt
   */
  public Pl031(HostIrq irq) {
    this.irq = irq;
  }

  /**
   * The alarm goes off.
   *
   * @param allow the mask bit to set first
   * @return what became of the interrupt
   */
  @CanIgnoreReturnValue
  public Raise raise(boolean allow) {
    allowed = allow;
    raw = true;
    return drive();
  }

  /** Clears the raw status. */
  public void acknowledge() {
    raw = false;
    drive();
  }

  /**
   * Writes the mask bit.
   *
   * @param allow whether the interrupt reaches the line
   * @return what became of the interrupt
   */
  @CanIgnoreReturnValue
  public Raise allow(boolean allow) {
    allowed = allow;
    return drive();
  }

  /** Clears both bits. */
  public void reset() {
    raw = false;
    allowed = false;
    drive();
  }

  /**
   * The raw status bit.
   *
   * @return whether the alarm went off
   */
  public boolean raw() {
    return raw;
  }

  /**
   * The masked status bit.
   *
   * @return whether the line is high
   */
  public boolean masked() {
    return raw && allowed;
  }

  /**
   * The mask bit.
   *
   * @return whether the interrupt reaches the line
   */
  public boolean allowed() {
    return allowed;
  }

  @CanIgnoreReturnValue
  private Raise drive() {
    return irq.setLine(masked());
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.put(raw).put(allowed);
  }
}
