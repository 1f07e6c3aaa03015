package org.irqbypass.kvm;

/**
 * One entry of a GSI routing table, as userspace gives it ({@code struct kvm_irq_routing_entry}).
 * Nothing is checked here: {@link Vm#setGsiRouting} does.
 */
public sealed interface RoutingEntry {
  /** {@code KVM_IRQ_ROUTING_IRQCHIP}. */
  int TYPE_IRQCHIP = 1;

  /** {@code KVM_IRQ_ROUTING_MSI}. */
  int TYPE_MSI = 2;

  /** {@code KVM_IRQ_ROUTING_HV_SINT}. */
  int TYPE_HV_SINT = 4;

  /**
   * The guest interrupt.
   *
   * @return unsigned
   */
  int gsi();

  /**
   * The kind of entry.
   *
   * @return {@code KVM_IRQ_ROUTING_*}, unsigned
   */
  int type();

  /**
   * The entry's flags; {@link Msi#VALID_DEVID} is the only one there is, and for MSIs only.
   *
   * @return unsigned
   */
  int flags();

  /**
   * A pin of an in-kernel interrupt controller.
   *
   * @param gsi the guest interrupt
   * @param flags 0
   * @param irqchip which controller; x86: 0 and 1 the PICs, 2 the IOAPIC; Arm: 0
   * @param pin which pin
   */
  record Irqchip(int gsi, int flags, int irqchip, int pin) implements RoutingEntry {
    @Override
    public int type() {
      return TYPE_IRQCHIP;
    }
  }

  /**
   * A message.
   *
   * @param gsi the guest interrupt
   * @param message is sent when the interrupt rises; its flags are the entry's
   */
  record Message(int gsi, Msi message) implements RoutingEntry {
    @Override
    public int type() {
      return TYPE_MSI;
    }

    @Override
    public int flags() {
      return message.flags();
    }
  }

  /**
   * A Hyper-V synthetic interrupt. Hyper-V guests are not modelled: such a route injects nothing.
   *
   * @param gsi the guest interrupt
   * @param flags 0
   * @param vcpu which vCPU
   * @param sint which synthetic interrupt
   */
  record HypervSint(int gsi, int flags, int vcpu, int sint) implements RoutingEntry {
    @Override
    public int type() {
      return TYPE_HV_SINT;
    }
  }

  /**
   * An entry of another type.
   *
   * @param gsi the guest interrupt
   * @param type {@code KVM_IRQ_ROUTING_*}
   * @param flags 0
   */
  record Other(int gsi, int type, int flags) implements RoutingEntry {}

  /**
   * A pin of an in-kernel interrupt controller.
   *
   * @param gsi the guest interrupt
   * @param irqchip which controller
   * @param pin which pin
   * @return an entry without flags
   */
  static RoutingEntry irqchip(int gsi, int irqchip, int pin) {
    return new Irqchip(gsi, 0, irqchip, pin);
  }

  /**
   * A message without a device ID.
   *
   * @param gsi the guest interrupt
   * @param address the message's address, 64 bits
   * @param data the message's data
   * @return an entry without flags
   */
  static RoutingEntry msi(int gsi, long address, int data) {
    return new Message(gsi, Msi.of(address, data));
  }

  /**
   * A message with a device ID, as Arm's ITS needs it.
   *
   * @param gsi the guest interrupt
   * @param address the message's address, 64 bits
   * @param data the message's data
   * @param devid who sends it
   * @return an entry with {@link Msi#VALID_DEVID}
   */
  static RoutingEntry msi(int gsi, long address, int data, int devid) {
    return new Message(gsi, Msi.of(address, data, devid));
  }
}
