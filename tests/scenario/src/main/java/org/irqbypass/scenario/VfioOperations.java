package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import java.util.Map;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.DescriptorTable;
import org.irqbypass.vfio.DeviceInfo;
import org.irqbypass.vfio.IrqInfo;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.Vfio;
import org.irqbypass.vfio.VfioDevice;
import org.irqbypass.vfio.pci.PciFunction;

/**
 * The operations on containers, groups and devices: {@code ctr.*}, {@code grp.*}, {@code vfio.*}.
 */
final class VfioOperations {
  private static final int TYPE1_IOMMU = 1;

  private final Vfio vfio;
  private final DescriptorTable table;
  private final Descriptors descriptors;
  private final DeviceTable devices;

  VfioOperations(SimulatedHost host, DeviceTable devices) {
    this.vfio = host.vfio();
    this.table = host.descriptorTable();
    this.descriptors = host.descriptors();
    this.devices = devices;
  }

  void addTo(Map<String, OperationHandler> handlers) {
    handlers.put("grp.open", this::openGroup);
    handlers.put("grp.close", (op, reply) -> descriptors.close(nameOf(op, "grp:")));
    handlers.put(
        "grp.set_container",
        (op, reply) ->
            vfio.group(descriptors.fd(op.text("grp")))
                .setContainer(descriptors.fd(op.text("ctr"))));
    handlers.put(
        "grp.unset_container",
        (op, reply) -> vfio.group(descriptors.fd(op.text("grp"))).unsetContainer());
    handlers.put("ctr.open", (op, reply) -> descriptors.bind(op.text("fd"), vfio.openContainer()));
    handlers.put(
        "ctr.set_iommu",
        (op, reply) -> vfio.container(descriptors.fd(op.text("ctr"))).setIommu(op.u32("type")));
    handlers.put("ctr.close", (op, reply) -> descriptors.close(op.text("fd")));
    handlers.put("dev.open", this::openDevice);
    handlers.put("dev.close", (op, reply) -> descriptors.close(nameOf(op, "dev:")));
    handlers.put("vfio.info", this::info);
    handlers.put("vfio.irq_info", this::irqInfo);
    handlers.put("vfio.reset", (op, reply) -> device(op).reset());
    handlers.put("vfio.set_irqs", this::setIrqs);
  }

  /** A device by its argument, or what a session calls the descriptor. */
  private static String nameOf(Operation op, String prefix) {
    return op.has("dev") ? prefix + op.text("dev") : op.text("fd");
  }

  /** With a path, only the group, as a VMM opens it; otherwise the container too. */
  private void openGroup(Operation op, Reply reply) {
    if (op.has("path")) {
      String name = op.text("fd");
      int fd = vfio.openGroup(devices.ofGroup(op, name).group());
      descriptors.bind(name, fd);
      reply.out("group_flags", vfio.group(fd).status());
      return;
    }
    openGroup(devices.of(op), reply);
  }

  private void openGroup(HostDevice device, Reply reply) {
    String name = "grp:" + device.name();
    if (descriptors.isOpen(name)) {
      reply.out("dup", 1);
      table.close(vfio.openGroup(device.group()));
      return;
    }
    int fd = vfio.openGroup(device.group());
    descriptors.bind(name, fd);
    reply.out("group_flags", vfio.group(fd).status());
    int container = vfio.openContainer();
    descriptors.bind("ctr:" + device.name(), container);
    vfio.group(fd).setContainer(container);
    vfio.container(container).setIommu(TYPE1_IOMMU);
  }

  private void openDevice(Operation op, Reply reply) {
    HostDevice device = devices.of(op);
    String name = "dev:" + device.name();
    if (descriptors.isOpen(name)) {
      openAgain(device, reply);
      return;
    }
    String group = op.text("grp", "grp:" + device.name());
    if (!op.has("grp") && !descriptors.isOpen(group)) {
      openGroup(device, reply);
    }
    int fd = vfio.group(descriptors.fd(group)).deviceFd(device.name());
    descriptors.bind(name, fd);
    if (device.function() != null && !op.has("grp")) {
      int set =
          PciFunction.COMMAND_MEMORY | (op.flag("master", true) ? PciFunction.COMMAND_MASTER : 0);
      devices.writeCommand(device, devices.readCommand(device) | set);
    }
  }

  private void openAgain(HostDevice device, Reply reply) {
    reply.out("dup", 1);
    int second = vfio.group(descriptors.fd("grp:" + device.name())).deviceFd(device.name());
    vfio.device(second).irqInfo(0, IrqInfo.MINIMUM_SIZE);
    reply.out("dup_irqinfo", 0);
    table.close(second);
  }

  /** The open device of an operation; {@code EBADF} if it is not open. */
  private VfioDevice device(Operation op) {
    devices.of(op); // somebody must have described it
    return vfio.device(descriptors.fd("dev:" + op.text("dev")));
  }

  private void info(Operation op, Reply reply) {
    DeviceInfo info = device(op).info(op.u32("argsz", 20));
    reply
        .out("flags", info.flags())
        .out("num_regions", info.regions())
        .out("num_irqs", info.irqs())
        .out("argsz", info.argsz() & 0xffffffffL);
  }

  private void irqInfo(Operation op, Reply reply) {
    IrqInfo info = device(op).irqInfo(IrqIndexName.of(op), op.u32("argsz", IrqInfo.MINIMUM_SIZE));
    ImmutableList.Builder<String> names = ImmutableList.builder();
    String[] known = {"EVENTFD", "MASKABLE", "AUTOMASKED", "NORESIZE"};
    for (int bit = 0; bit < known.length; bit++) {
      if ((info.flags() & 1 << bit) != 0) {
        names.add(known[bit]);
      }
    }
    reply
        .out("count", info.count())
        .out("flags", info.flags())
        .out("flag_names", names.build())
        .out("argsz", info.argsz() & 0xffffffffL);
  }

  private void setIrqs(Operation op, Reply reply) {
    int flags = Flags.of(op, "flags", VfioOperations::flag);
    IrqSet set = IrqSet.of(flags, IrqIndexName.of(op), op.u32("start"), op.u32("count"));
    if (op.has("fds")) {
      set = set.withFds(op.list("fds").stream().mapToInt(descriptors::fd).toArray());
    } else if (op.has("bools")) {
      set = set.withBools(op.integers("bools").stream().mapToInt(Long::intValue).toArray());
    }
    if (op.has("argsz")) {
      set = set.withArgsz(op.u32("argsz"));
    }
    reply.out("argsz", set.argsz() & 0xffffffffL).out("flags", flags & 0xffffffffL);
    reply.ret(device(op).setIrqs(set));
  }

  private static int flag(String word) {
    return switch (word) {
      case "DATA_NONE" -> IrqSet.DATA_NONE;
      case "DATA_BOOL" -> IrqSet.DATA_BOOL;
      case "DATA_EVENTFD" -> IrqSet.DATA_EVENTFD;
      case "ACTION_MASK" -> IrqSet.ACTION_MASK;
      case "ACTION_UNMASK" -> IrqSet.ACTION_UNMASK;
      case "ACTION_TRIGGER" -> IrqSet.ACTION_TRIGGER;
      default -> throw new ErrnoException(Errno.EINVAL, word);
    };
  }

  /** Closes every device that is left, then its group and container. */
  void teardown() {
    descriptors.closeAll(name -> name.startsWith("dev:"));
    descriptors.closeAll(name -> name.startsWith("grp:"));
    descriptors.closeAll(name -> name.startsWith("ctr"));
  }
}
