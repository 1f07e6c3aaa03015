package org.irqbypass.comparison.account;

import com.fasterxml.jackson.annotation.JsonValue;
import java.util.Comparator;

/**
 * One interrupt of a device: what VFIO calls an index and a sub-index, and this page a vector.
 *
 * @param device the device's name in the scenario
 * @param index the VFIO index: {@code INTX}, {@code MSI}, {@code MSIX}, or the number of a platform
 *     device's interrupt
 * @param vector the sub-index, 0 or more
 */
public record Interrupt(String device, String index, int vector) implements Comparable<Interrupt> {
  private static final Comparator<Interrupt> ORDER =
      Comparator.comparing(Interrupt::device)
          .thenComparing(Interrupt::index)
          .thenComparingInt(Interrupt::vector);

  @Override
  public int compareTo(Interrupt other) {
    return ORDER.compare(this, other);
  }

  @JsonValue
  @Override
  public String toString() {
    return device + " " + index + " " + vector;
  }
}
