package org.irqbypass.scenario.device;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import org.irqbypass.host.Raise;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.vfio.pci.PciFunction;

/**
 * The interrupt side of the network card ({@code hw/net/e1000e_core.c}): a cause register, a mask,
 * and for MSI-X one cause for each vector, which clears itself. A reset of the function leaves all
 * of them as they are. For one thread.
 */
public final class E1000e implements Fingerprinted {
  /** Link status change: the cause that raises the line. */
  private static final int LINK = 1 << 2;

  /** The first of the causes that MSI-X vectors are assigned to. */
  private static final int FIRST_QUEUE = 20;

  private static final int ASSERTED = 1 << 31;

  /** How many causes there are room for. */
  private static final int MOST_VECTORS = 31 - FIRST_QUEUE;

  private final PciFunction function;
  private final int vectors;
  private int causes;
  private int mask;

  /** The causes for which a message was sent and which are not yet cleared. */
  private int sent;

  private boolean assigned;

  /**
   * Makes a card without a cause, everything masked.
   *
   * @param function what the host sees of it
   * @param vectors how many MSI-X vectors it has; the first 11 have causes
   */
  public E1000e(PciFunction function, int vectors) {
    this.function = function;
    this.vectors = Math.min(vectors, MOST_VECTORS);
    function.whenReset(this::driveLine);
  }

  /**
   * How many vectors there are causes for.
   *
   * @return 0 to 11
   */
  public int vectors() {
    return vectors;
  }

  /** Assigns cause 20 + n to vector n, clears and allows these causes. */
  public void setUpMsix() {
    assigned = true;
    clear();
    mask |= ((1 << vectors) - 1) << FIRST_QUEUE;
    update();
  }

  /** Allows the cause that raises the line. */
  public void setUpIntx() {
    clear();
    mask |= LINK;
    update();
  }

  /**
   * Clears what was raised before and raises one vector's cause.
   *
   * @param vector below {@link #vectors}
   * @return what became of the interrupt
   */
  @CanIgnoreReturnValue
  public Raise raiseMsix(int vector) {
    setUpMsix();
    return raise(1 << (FIRST_QUEUE + vector));
  }

  /**
   * Raises the line's cause.
   *
   * @return what became of the interrupt
   */
  @CanIgnoreReturnValue
  public Raise raiseIntx() {
    return raise(LINK);
  }

  /**
   * Reads the cause register, which clears it and lowers the line. With MSI-X on, causes clear
   * themselves instead, when their message is sent; what was raised before MSI-X came on is sent
   * now.
   *
   * @return the causes
   */
  public int acknowledge() {
    int read = causes;
    if (!function.isMsixEnabled()) {
      clear();
    }
    update();
    return read;
  }

  private void clear() {
    causes = 0;
  }

  private Raise raise(int cause) {
    causes |= cause;
    return update();
  }

  /** Brings line and messages to what causes and mask say. */
  @CanIgnoreReturnValue
  private Raise update() {
    causes = (causes & ~ASSERTED) == 0 ? causes : causes | ASSERTED;
    int pending = causes & mask;
    sent &= pending;
    if (!function.isMsixEnabled() && !function.isMsiEnabled()) {
      return driveLine();
    }
    int fresh = pending & ~sent;
    sent |= fresh;
    if (fresh == 0) {
      return Raise.MERGED;
    }
    return function.isMsixEnabled() ? notifyVectors(fresh) : function.raiseMsi(0);
  }

  /** The line's level is what is pending. With messages on, the function keeps it low. */
  @CanIgnoreReturnValue
  private Raise driveLine() {
    return function.assertIntx((causes & mask) != 0);
  }

  private Raise notifyVectors(int fresh) {
    Raise last = Raise.MERGED;
    for (int vector = 0; vector < vectors; vector++) {
      int cause = 1 << (FIRST_QUEUE + vector);
      if ((fresh & cause) != 0 && assigned) {
        last = function.raiseMsix(vector);
        causes &= ~cause;
        sent &= ~cause;
      }
    }
    return last;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.put(causes).put(mask).put(sent).put(assigned);
  }
}
