/** PCI devices: INTx, MSI, MSI-X, the error and request interrupts. */
@NullMarked
package org.irqbypass.vfio.pci;

import org.jspecify.annotations.NullMarked;
