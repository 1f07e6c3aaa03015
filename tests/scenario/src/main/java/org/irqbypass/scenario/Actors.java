package org.irqbypass.scenario;

/** Who takes a step that a recording shows, where it does not say. */
final class Actors {
  static final String VMM = "vmm";
  static final String DEVICE = "device";
  static final String GUEST = "guest";
  static final String KERNEL = "kernel";

  private Actors() {}

  static String of(Operation operation) {
    return switch (operation.name()) {
      case "irq.arrive", "irq.raise" -> DEVICE;
      case "kvm.inject", "kvm.ack", "kvm.eoi", "kvm.lapic_setup", "kvm.ioapic_pin" -> GUEST;
      case "irqfd.inject", "virqfd.inject", "kworker" -> KERNEL;
      default -> {
        String name = operation.name();
        boolean device =
            name.startsWith("edu.") || name.startsWith("e1000e.") || name.startsWith("pl031.");
        boolean guest =
            name.startsWith("guest.")
                || name.startsWith("its.")
                || name.startsWith("lpi.")
                || name.startsWith("spi.")
                || name.equals("kvm.run");
        yield device ? DEVICE : guest ? GUEST : VMM;
      }
    };
  }
}
