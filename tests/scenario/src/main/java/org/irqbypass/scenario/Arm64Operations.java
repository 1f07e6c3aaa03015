package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.Kvm;
import org.irqbypass.kvm.KvmDevice;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.arm64.Arm64;
import org.irqbypass.kvm.arm64.Arm64Vm;
import org.irqbypass.kvm.arm64.DeviceAttributes;
import org.irqbypass.kvm.arm64.GicBringUp;
import org.irqbypass.kvm.arm64.Its;
import org.irqbypass.kvm.arm64.ItsCommand;
import org.irqbypass.kvm.arm64.LpiTables;
import org.irqbypass.kvm.arm64.SpiState;
import org.irqbypass.kvm.arm64.Vgic;

/** The operations on Arm's interrupt controllers, and on guests that run there. */
final class Arm64Operations {
  private static final int FIRST_SPI = 32;
  private static final int DEVICE_ID = 32;
  private static final int EVENT_BITS = 16;
  private static final int PRIORITY = 0xa0;

  /** A guest whose line stays high takes the interrupt again and again; so often suffices. */
  private static final int STORM = 16;

  private static final ImmutableMap<String, Integer> TYPES =
      ImmutableMap.of(
          "v3", Arm64.DEVICE_VGIC_V3, "v2", Arm64.DEVICE_VGIC_V2, "its", Arm64.DEVICE_ITS);

  private static final ImmutableMap<String, Integer> GROUPS =
      ImmutableMap.of(
          "ADDR", DeviceAttributes.GROUP_ADDR,
          "DIST_REGS", 1,
          "NR_IRQS", DeviceAttributes.GROUP_NR_IRQS,
          "CTRL", DeviceAttributes.GROUP_CTRL,
          "REDIST_REGS", DeviceAttributes.GROUP_REDIST_REGS,
          "ITS_REGS", 8);

  private final Kvm kvm;
  private final Descriptors descriptors;
  private final VirtualMachines machines;

  Arm64Operations(SimulatedHost host, VirtualMachines machines) {
    this.kvm = host.kvm();
    this.descriptors = host.descriptors();
    this.machines = machines;
  }

  void addTo(Map<String, OperationHandler> handlers) {
    handlers.put("vm.vgic", this::bringUp);
    handlers.put("gic.create", this::create);
    handlers.put("gic.set", (op, reply) -> device(op).setAttr(group(op), attribute(op), value(op)));
    handlers.put("gic.has", (op, reply) -> device(op).hasAttr(group(op), attribute(op)));
    handlers.put("gic.get", this::get);
    handlers.put("its.setup", (op, reply) -> its(op).provideTables());
    handlers.put("its.enable", (op, reply) -> its(op).enable(true));
    handlers.put("its.disable", (op, reply) -> its(op).enable(false));
    handlers.put("its.ctrl", this::control);
    handlers.put("its.close", (op, reply) -> descriptors.close(deviceName(op.text("vm"), "its")));
    handlers.put("its.cmd", this::command);
    handlers.put("lpi.enable", (op, reply) -> vm(op).enableLpis(op.u32("vcpu", 0), true));
    handlers.put("lpi.cfg", this::configureLpi);
    handlers.put("lpi.pending", this::pending);
    handlers.put("spi.cfg", this::configureSpi);
    handlers.put("spi.state", this::spiState);
    handlers.put("kvm.run", (op, reply) -> run(op, reply, op.flag("eoi", true)));
    handlers.put("kvm.start", (op, reply) -> machines.vcpu(op).enter());
    handlers.put("kvm.ints", (op, reply) -> run(op, reply, true));
    handlers.put(
        "kvm.stop",
        (op, reply) -> {
          run(op, reply, true);
          machines.vcpu(op).leave();
        });
  }

  private static String deviceName(String vm, String kind) {
    return (kind.equals("its") ? "its:" : "gic:") + vm + ":" + kind;
  }

  private Arm64Vm vm(Operation op) {
    return Arm64Vm.of(machines.guest(op));
  }

  private Vgic vgic(Operation op) {
    return vm(op).vgic();
  }

  private Its its(Operation op) {
    ImmutableList<Its> all = vm(op).itses();
    if (all.isEmpty()) {
      throw new ErrnoException(Errno.ENODEV, "the VM has no ITS");
    }
    return all.get(0);
  }

  private void bringUp(Operation op, Reply reply) {
    String name = op.text("vm");
    int vcpus = op.u32("vcpus", 1);
    if (vcpus < 0) {
      throw op.wrong("vcpus", "0 or more");
    }
    Vm vm = machines.vm(op);
    GicBringUp.Opened opened =
        new GicBringUp(
                vcpus,
                op.u32("spis", 64),
                op.flag("its", true),
                op.flag("lpi", true),
                op.flag("mapc", true))
            .bringUp(vm);
    for (int id = 0; id < opened.vcpus().size(); id++) {
      descriptors.bind(VirtualMachines.vcpuName(name, id), opened.vcpus().get(id));
    }
    descriptors.bind(deviceName(name, "v3"), opened.gic());
    if (opened.its() != GicBringUp.NONE) {
      descriptors.bind(deviceName(name, "its"), opened.its());
    }
    reply.out("stage", "done");
  }

  private void create(Operation op, Reply reply) {
    String kind = op.text("kind");
    Integer type = TYPES.get(kind);
    int flags = op.flag("test", false) ? 1 : 0;
    int fd = machines.vm(op).createDevice(type == null ? op.u32("kind") : type, flags);
    if (flags == 0) {
      descriptors.bind(deviceName(op.text("vm"), kind), fd);
    }
  }

  private KvmDevice device(Operation op) {
    return kvm.device(descriptors.fd(deviceName(op.text("vm"), op.text("kind"))));
  }

  private static int group(Operation op) {
    Integer known = GROUPS.get(op.text("group"));
    return known == null ? op.u32("group") : known;
  }

  private static long attribute(Operation op) {
    return op.integer("attr", 0);
  }

  private static ByteBuffer value(Operation op) {
    return buffer().putLong(0, op.integer("val", 0));
  }

  private static ByteBuffer buffer() {
    return ByteBuffer.allocate(Long.BYTES).order(ByteOrder.nativeOrder());
  }

  private void get(Operation op, Reply reply) {
    ByteBuffer value = buffer();
    device(op).getAttr(group(op), attribute(op), value);
    reply.out("val", value.getLong(0));
  }

  private void control(Operation op, Reply reply) {
    int attribute =
        switch (op.text("op")) {
          case "init" -> DeviceAttributes.CTRL_INIT;
          case "save" -> DeviceAttributes.CTRL_ITS_SAVE_TABLES;
          case "restore" -> DeviceAttributes.CTRL_ITS_RESTORE_TABLES;
          case "reset" -> DeviceAttributes.CTRL_ITS_RESET;
          default -> op.u32("op");
        };
    kvm.device(descriptors.fd(deviceName(op.text("vm"), "its")))
        .setAttr(DeviceAttributes.GROUP_CTRL, attribute, null);
  }

  private void command(Operation op, Reply reply) {
    reply.out("creadr_caught_up", its(op).execute(itsCommand(op)));
  }

  private static ItsCommand itsCommand(Operation op) {
    int device = op.u32("devid", DEVICE_ID);
    int event = op.u32("event", 0);
    int collection = op.u32("col", 0);
    boolean valid = op.flag("valid", true);
    return switch (op.text("cmd")) {
      case "MAPD" -> new ItsCommand.Mapd(device, op.u32("bits", EVENT_BITS), valid);
      case "MAPC" -> new ItsCommand.Mapc(collection, op.u32("vcpu", 0), valid);
      case "MAPTI" ->
          new ItsCommand.Mapti(device, event, op.u32("lpi", Vgic.FIRST_LPI), collection);
      case "MAPI" -> new ItsCommand.Mapi(device, op.u32("lpi", event), collection);
      case "MOVI" -> new ItsCommand.Movi(device, event, collection);
      case "DISCARD" -> new ItsCommand.Discard(device, event);
      case "INT" -> new ItsCommand.Int(device, event);
      case "CLEAR" -> new ItsCommand.Clear(device, event);
      case "INV" -> new ItsCommand.Inv(device, event);
      case "INVALL" -> new ItsCommand.Invall(collection);
      case "MOVALL" -> new ItsCommand.Movall(op.u32("vcpu", 0), op.u32("vcpu2", 0));
      case "SYNC" -> new ItsCommand.Sync();
      default -> throw op.wrong("cmd", "a command of the ITS");
    };
  }

  private static int lpi(Operation op) {
    int lpi = op.u32("lpi", Vgic.FIRST_LPI);
    if (lpi < Vgic.FIRST_LPI || lpi >= Vgic.LPI_LIMIT) {
      throw op.wrong("lpi", Vgic.FIRST_LPI + " to " + (Vgic.LPI_LIMIT - 1));
    }
    return lpi;
  }

  private void configureLpi(Operation op, Reply reply) {
    vgic(op).lpis().writeProperties(lpi(op), op.u32("prio", PRIORITY), op.flag("enable", true));
  }

  private void pending(Operation op, Reply reply) {
    LpiTables lpis = vgic(op).lpis();
    lpis.savePendingTables();
    boolean pending = lpis.readPendingTable(op.u32("vcpu", 0), lpi(op));
    reply.out("pending", ImmutableList.of(pending ? 1L : 0L));
  }

  private void configureSpi(Operation op, Reply reply) {
    vgic(op)
        .configureSpi(
            FIRST_SPI + op.u32("spi"),
            op.flag("edge", false) ? Trigger.EDGE : Trigger.LEVEL,
            op.flag("enable", true));
  }

  private void spiState(Operation op, Reply reply) {
    SpiState state = vgic(op).spiState(FIRST_SPI + op.u32("spi"));
    reply
        .out("pending", state.pending())
        .out("active", state.active())
        .out("enabled", state.enabled())
        .out("line", state.line());
  }

  private void run(Operation op, Reply reply, boolean end) {
    Vcpu vcpu = machines.vcpu(op);
    boolean inside = vcpu.isRunning();
    vcpu.enter();
    List<Long> taken = new ArrayList<>();
    try {
      for (int intid = vcpu.take(); intid >= 0; intid = vcpu.take()) {
        taken.add((long) intid);
        if (end) {
          vcpu.end(intid);
        }
        if (taken.size() == STORM) {
          break;
        }
      }
    } finally {
      if (!inside) {
        vcpu.leave();
      }
    }
    reply.out("intids", taken);
  }
}
