package org.irqbypass.scenario.device;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import org.irqbypass.host.Raise;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.vfio.pci.PciFunction;

/**
 * QEMU's teaching device ({@code hw/misc/edu.c}): a status register whose bits are set by raising
 * and cleared by acknowledging. With MSI on, each raise is a message; otherwise the line is high
 * while a bit is set. For one thread.
 */
public final class Edu implements Fingerprinted {
  private final PciFunction function;
  private int status;

  /**
   * Makes a device without a status bit set.
   *
   * @param function what the host sees of it
   */
  public Edu(PciFunction function) {
    this.function = function;
  }

  /**
   * Sets status bits and interrupts.
   *
   * @param bits which
   * @return what became of the interrupt
   */
  @CanIgnoreReturnValue
  public Raise raise(int bits) {
    status |= bits;
    if (status == 0) {
      return Raise.MERGED;
    }
    return function.isMsiEnabled() ? function.raiseMsi(0) : function.assertIntx(true);
  }

  /**
   * Clears status bits; without any left the line is low.
   *
   * @param bits which
   */
  public void acknowledge(int bits) {
    status &= ~bits;
    if (status == 0 && !function.isMsiEnabled()) {
      function.assertIntx(false);
    }
  }

  /**
   * The status register.
   *
   * @return its bits
   */
  public int status() {
    return status;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.put(status);
  }
}
