package org.irqbypass.scenario;

import com.google.common.collect.ImmutableSet;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/** The names of VFIO's PCI interrupt indices ({@code VFIO_PCI_*_IRQ_INDEX}), in their order. */
public enum IrqIndexName {
  /** The wired interrupt. */
  INTX(0),
  /** Message-signalled interrupts. */
  MSI(1),
  /** Message-signalled interrupts, the extended kind. */
  MSIX(2),
  /** Errors of the device. */
  ERR(3),
  /** The host wants the device back. */
  REQ(4);

  /** All of them, as they are written. */
  static final ImmutableSet<String> NAMES =
      Arrays.stream(values()).map(IrqIndexName::name).collect(ImmutableSet.toImmutableSet());

  private final int number;

  IrqIndexName(int number) {
    this.number = number;
  }

  /**
   * The index of a name.
   *
   * @param text such as {@code MSIX}
   * @return null if there is no such index
   */
  public static @Nullable IrqIndexName of(String text) {
    for (IrqIndexName name : values()) {
      if (name.name().equals(text)) {
        return name;
      }
    }
    return null;
  }

  /**
   * An operation's index.
   *
   * @param operation has the argument {@code index}
   * @return the number, as 32 bits
   * @throws InputException if it has not
   */
  public static int of(Operation operation) {
    IrqIndexName name = of(operation.text("index"));
    return name == null ? operation.u32("index") : name.number;
  }
}
