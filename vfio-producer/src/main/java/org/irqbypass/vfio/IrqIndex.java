package org.irqbypass.vfio;

/** The interrupt indexes of a PCI device ({@code VFIO_PCI_*_IRQ_INDEX}, {@code vfio.h}). */
public final class IrqIndex {
  /** The wired interrupt. */
  public static final int INTX = 0;

  /** Message-signalled interrupts. */
  public static final int MSI = 1;

  /** Message-signalled interrupts with a table of their own. */
  public static final int MSIX = 2;

  /** Tells userspace of an uncorrected error; PCIe devices only. */
  public static final int ERR = 3;

  /** Asks userspace to give the device back. */
  public static final int REQ = 4;

  /** How many indexes a PCI device has ({@code VFIO_PCI_NUM_IRQS}). */
  public static final int COUNT = 5;

  private IrqIndex() {}
}
