package org.irqbypass.scenario;

import java.util.Map;
import java.util.function.Consumer;
import org.irqbypass.host.HostIrq;
import org.irqbypass.scenario.device.E1000e;
import org.irqbypass.scenario.device.Edu;
import org.irqbypass.scenario.device.Pl031;
import org.irqbypass.vfio.IrqIndex;
import org.irqbypass.vfio.pci.VfioPciDevice;
import org.jspecify.annotations.Nullable;

/** What devices do, and what is read and written of their registers. */
final class DeviceOperations {
  private static final int ALL = -1;

  /** The interrupt status bit in the word of command and status register. */
  private static final int STATUS_INTERRUPT = 1 << 19;

  private final DeviceTable devices;

  DeviceOperations(DeviceTable devices) {
    this.devices = devices;
  }

  void addTo(Map<String, OperationHandler> handlers) {
    handlers.put("irq.raise", (op, reply) -> raise(op, op.flag("level", true)));
    handlers.put("irq.arrive", (op, reply) -> arrive(op));
    handlers.put("cfg.read", this::readConfig);
    handlers.put("cfg.write", this::writeConfig);
    handlers.put("mmio.read", this::readRegister);
    handlers.put("mmio.write", (op, reply) -> devices.open(op));
    handlers.put("pci.cmd", this::command);
    handlers.put("edu.raise", (op, reply) -> edu(op).raise(op.u32("value", 1)));
    handlers.put("edu.ack", (op, reply) -> edu(op).acknowledge(op.u32("value", ALL)));
    handlers.put("edu.status", (op, reply) -> reply.out("val", edu(op).status()));
    handlers.put("e1000e.msix_setup", e1000e(E1000e::setUpMsix));
    handlers.put("e1000e.msix_raise", this::raiseMsix);
    handlers.put("e1000e.intx_setup", e1000e(E1000e::setUpIntx));
    handlers.put("e1000e.intx_raise", e1000e(E1000e::raiseIntx));
    handlers.put(
        "e1000e.intx_ack", (op, reply) -> reply.out("icr", e1000e(op).acknowledge() & 0xffffffffL));
    handlers.put(
        "pl031.raise",
        (op, reply) -> {
          Pl031 clock = pl031(op);
          clock.raise(op.flag("imsc", true));
          reply.out("ris", clock.raw());
        });
    handlers.put(
        "pl031.alarm",
        (op, reply) -> {
          Pl031 clock = pl031(op);
          clock.raise(true);
          reply.out("ris", clock.raw());
        });
    handlers.put("pl031.ack", (op, reply) -> pl031(op).acknowledge());
    handlers.put("pl031.imsc", (op, reply) -> pl031(op).allow(op.flag("val", true)));
    handlers.put(
        "pl031.status",
        (op, reply) -> {
          Pl031 clock = pl031(op);
          reply.out("ris", clock.raw()).out("mis", clock.masked()).out("imsc", clock.allowed());
        });
  }

  /** A host interrupt that its handler does not find to be the device's is another device's. */
  private void arrive(Operation op) {
    HostDevice device = devices.of(op);
    if (IrqIndexName.of(op) == IrqIndex.INTX && !op.flag("handled", true)) {
      HostIrq irq = device.vfio().interrupt(IrqIndex.INTX, 0).hostIrq();
      if (irq != null) {
        irq.raise();
      }
    } else {
      raise(op, true);
    }
  }

  private void raise(Operation op, boolean level) {
    HostDevice device = devices.of(op);
    int index = IrqIndexName.of(op);
    int vector = op.u32("vector", 0);
    if (!device.has(index, vector)) {
      throw op.wrong(device.has(index, 0) ? "vector" : "index", "an interrupt that it has");
    }
    device.raise(index, vector, level);
  }

  private VfioPciDevice pci(Operation op) {
    HostDevice device = devices.open(op);
    devices.function(op, device);
    return (VfioPciDevice) device.vfio();
  }

  private void readConfig(Operation op, Reply reply) {
    reply.out("val", pci(op).readConfig(op.u32("off"), op.u32("size", 4)) & 0xffffffffL);
  }

  private void writeConfig(Operation op, Reply reply) {
    pci(op).writeConfig(op.u32("off"), op.u32("size", 4), op.u32("val"));
  }

  /** Registers behind a BAR belong to models, which have operations of their own. */
  private void readRegister(Operation op, Reply reply) {
    devices.open(op);
    reply.out("val", 0);
  }

  private void command(Operation op, Reply reply) {
    VfioPciDevice device = pci(op);
    int command = device.readConfig(DeviceTable.COMMAND, 2);
    if (op.has("set") || op.has("clear")) {
      int changed = (command | op.u32("set", 0)) & ~op.u32("clear", 0);
      device.writeConfig(DeviceTable.COMMAND, 2, changed);
    }
    int now = device.readConfig(DeviceTable.COMMAND, 4);
    reply.out("cmd", now & 0xffff).out("status_intx", (now & STATUS_INTERRUPT) != 0);
  }

  private Edu edu(Operation op) {
    return have(op, devices.open(op).edu());
  }

  private E1000e e1000e(Operation op) {
    return have(op, devices.open(op).e1000e());
  }

  private OperationHandler e1000e(Consumer<E1000e> action) {
    return (op, reply) -> action.accept(e1000e(op));
  }

  private Pl031 pl031(Operation op) {
    return have(op, devices.of(op).pl031());
  }

  private static <T> T have(Operation op, @Nullable T model) {
    if (model == null) {
      throw op.wrong("dev", "a device of the kind that " + op.name() + " is for");
    }
    return model;
  }

  private void raiseMsix(Operation op, Reply reply) {
    E1000e card = e1000e(op);
    int vector = op.u32("vector");
    if (vector < 0 || vector >= card.vectors()) {
      throw op.wrong(
          "vector", "less than the " + card.vectors() + " that the device has causes for");
    }
    card.raiseMsix(vector);
  }
}
