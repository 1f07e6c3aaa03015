package org.irqbypass.host;

/**
 * An entry of the interrupt remapping table in its posted form ({@code struct irte}, {@code
 * drivers/iommu/intel/irq_remapping.c}): the descriptor's address and the guest's vector. The
 * remapped form is what a {@link HostIrq} without an entry does: it runs the host's handler.
 * Immutable: the table's slot is replaced as a whole, so hardware never sees half of a change.
 *
 * @param target the vCPU's descriptor
 * @param vector the guest's vector, 0 to 255
 */
public record RemappingEntry(PostedInterruptTarget target, int vector) implements PostedDelivery {
  @Override
  public void deliver() {
    target.post(vector);
  }
}
