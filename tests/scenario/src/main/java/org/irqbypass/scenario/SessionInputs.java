package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * What a recorded session leaves out and its lines nevertheless show: how the guest programmed its
 * interrupt controllers, and when a device lowered its line. Made of inputs only: what follows from
 * them is the simulation's business. Not for use from several threads.
 *
 * <ul>
 *   <li>A guest enables the local APIC of each vCPU, and gives the first eight a bit each of the
 *       flat logical destinations, as firmware and Linux do.
 *   <li>Where a line prints a pin of the IOAPIC or the PIC otherwise than before, the guest has
 *       programmed it.
 *   <li>Where VFIO looks at a line and the recording says what it saw, the line was at that level.
 *       Which device's line it is says the call, or the eventfd that was signalled before. An
 *       arriving interrupt of a line is a rise, unless the handler did not find it its own.
 * </ul>
 */
final class SessionInputs {
  /** Of what no kernel prints, nothing is read: it is compared as it is. */
  private static final Pattern IOAPIC =
      Pattern.compile(
          "kvm_ioapic_set_irq: pin (\\d|1\\d|2[0-3]) dst ([0-9a-f]{1,4}) "
              + "vec (1?\\d?\\d|2[0-4]\\d|25[0-5]) "
              + "\\(("
              + String.join("|", X86Operations.MODES)
              + ")"
              + "\\|(physical|logical)\\|(edge|level)(\\|masked)?\\).*");

  private static final Pattern PIC =
      Pattern.compile("kvm_pic_set_irq: chip ([01]) pin ([0-7]) \\((edge|level)(\\|masked)?\\).*");

  private static final Pattern SIGNAL = Pattern.compile("eventfd_signal\\((\\S+),\\d+\\)");

  /** How many vCPUs flat logical destinations can name. */
  private static final int FLAT = 8;

  private static final String LOW = "vfio_pci_intx_unmask_handler=0";
  private static final String HIGH = "vfio_pci_intx_unmask_handler=1";

  private final boolean session;
  private final boolean arm;
  private String vm = "v0";

  /** What each pin was last seen to be programmed to. */
  private final Map<String, String> pins = new HashMap<>();

  /** Whether the line of each device that raised it is high, as far as is known. */
  private final Map<String, Boolean> lines = new LinkedHashMap<>();

  /** The devices whose line an eventfd unmasks, by its name. */
  private final Map<String, String> unmasks = new HashMap<>();

  SessionInputs(RecordingMeta meta) {
    this.session = meta.vmm() != null;
    this.arm = Platforms.isArm(meta.platform());
  }

  /** What must be done before an operation can come to what was recorded. */
  ImmutableList<Operation> before(RecordedOperation recorded) {
    List<String> trace = recorded.trace();
    if (!session || trace == null) {
      return ImmutableList.of();
    }
    Operation op = recorded.operation();
    List<Operation> inputs = new ArrayList<>();
    for (String line : trace) {
      pin(line, inputs);
    }
    if (op.name().equals("irq.arrive") && isIntx(op) && op.flag("handled", true)) {
      drive(op.text("dev"), false, inputs);
      lines.put(op.text("dev"), true);
    }
    attach(op);
    String device = unmasked(op);
    for (String line : trace) {
      Matcher signal = SIGNAL.matcher(line);
      if (signal.matches()) {
        device = unmasks.getOrDefault(signal.group(1), device);
      } else if (device != null && (line.equals(HIGH) || line.equals(LOW))) {
        drive(device, line.equals(HIGH), inputs);
      }
    }
    return ImmutableList.copyOf(inputs);
  }

  /** Whose line an operation unmasks, if no eventfd is signalled before: of one device, its own. */
  private @Nullable String unmasked(Operation op) {
    if (op.has("dev")) {
      return op.text("dev");
    }
    String written = op.name().equals("ef.write") ? unmasks.get(op.text("fd")) : null;
    return written == null && lines.size() == 1 ? lines.keySet().iterator().next() : written;
  }

  /** Which eventfd unmasks whose line. */
  private void attach(Operation op) {
    if (op.name().equals("vfio.set_irqs")
        && isIntx(op)
        && op.text("flags").contains("DATA_EVENTFD")
        && op.text("flags").contains("UNMASK")) {
      op.list("fds").forEach(fd -> unmasks.put(fd, op.text("dev")));
    }
  }

  /** What must be done after an operation. */
  ImmutableList<Operation> after(RecordedOperation recorded) {
    Operation op = recorded.operation();
    if (!session || !op.name().equals("vm.vcpu")) {
      return ImmutableList.of();
    }
    vm = op.text("vm");
    if (arm) {
      return ImmutableList.of();
    }
    Operation enabled = Operation.of("kvm.lapic_setup", "vm", vm, "vcpu", op.text("vcpu"));
    int vcpu = op.u32("vcpu");
    return ImmutableList.of(vcpu < FLAT ? enabled.with("ldr", 1 << vcpu) : enabled);
  }

  private static boolean isIntx(Operation op) {
    return IrqIndexName.of(op) == 0;
  }

  private void drive(String device, boolean level, List<Operation> inputs) {
    if (lines.getOrDefault(device, false) != level) {
      lines.put(device, level);
      inputs.add(Operation.of("irq.raise", "dev", device, "index", "INTX", "level", level ? 1 : 0));
    }
  }

  /** What a line shows a pin of the IOAPIC to be programmed to; null if it shows none. */
  static @Nullable Operation ioApicPin(String line, String vm) {
    if (!line.startsWith("kvm_ioapic_set_irq")) {
      return null;
    }
    Matcher ioapic = IOAPIC.matcher(line);
    return ioapic.matches()
        ? Operation.of(
            "guest.ioapic_pin",
            "vm",
            vm,
            "pin",
            ioapic.group(1),
            "vector",
            ioapic.group(3),
            "level",
            bit(ioapic.group(6).equals("level")),
            "mask",
            bit(ioapic.group(7) != null),
            "dest",
            Integer.parseInt(ioapic.group(2), 16),
            "logical",
            bit(ioapic.group(5).equals("logical")),
            "mode",
            ioapic.group(4))
        : null;
  }

  /** A pin of the IOAPIC is programmed before a line prints it. */
  void programmed(Operation pin) {
    pins.put("ioapic " + pin.text("pin"), pin.toText());
  }

  /** The virtual machine that the session is about. */
  String vm() {
    return vm;
  }

  private void pin(String line, List<Operation> inputs) {
    Operation ioApic = ioApicPin(line, vm);
    if (ioApic != null) {
      remember("ioapic " + ioApic.text("pin"), ioApic, inputs);
      return;
    }
    Matcher pic = PIC.matcher(line);
    if (pic.matches()) {
      Operation written =
          Operation.of(
              "guest.pic_pin",
              "vm",
              vm,
              "chip",
              pic.group(1),
              "pin",
              pic.group(2),
              "level",
              bit(pic.group(3).equals("level")),
              "mask",
              bit(pic.group(4) != null));
      remember("pic " + pic.group(1) + " " + pic.group(2), written, inputs);
    }
  }

  private void remember(String pin, Operation written, List<Operation> inputs) {
    if (!written.toText().equals(pins.put(pin, written.toText()))) {
      inputs.add(written);
    }
  }

  private static String bit(boolean set) {
    return set ? "1" : "0";
  }
}
