package org.irqbypass.scenario;

import static org.irqbypass.scenario.ArgumentKind.DESCRIPTOR;
import static org.irqbypass.scenario.ArgumentKind.DESCRIPTORS;
import static org.irqbypass.scenario.ArgumentKind.DEVICE;
import static org.irqbypass.scenario.ArgumentKind.FLAGS;
import static org.irqbypass.scenario.ArgumentKind.INDEX;
import static org.irqbypass.scenario.ArgumentKind.INTEGER;
import static org.irqbypass.scenario.ArgumentKind.INTEGERS;
import static org.irqbypass.scenario.ArgumentKind.LETTERS;
import static org.irqbypass.scenario.ArgumentKind.NAME;
import static org.irqbypass.scenario.ArgumentKind.ROUTES;
import static org.irqbypass.scenario.ArgumentKind.TEXT;
import static org.irqbypass.scenario.ArgumentKind.WORD;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * Every operation there is, with its arguments: those of the recordings, and the guest's side. One
 * table serves scenarios, recordings, the runner and the documentation.
 */
public final class Vocabulary {
  /** How many characters a name may have. */
  private static final int LONGEST_NAME = 64;

  private static final Splitter BAR = Splitter.on('|');
  private static final Splitter COMMA = Splitter.on(',').omitEmptyStrings();

  private static final ArgumentSchema DEV = required("dev", DEVICE);
  private static final ArgumentSchema VM = required("vm", NAME);
  private static final ArgumentSchema VCPU = required("vcpu", INTEGER);
  private static final ArgumentSchema OPTIONAL_VCPU = optional("vcpu", INTEGER);
  private static final ArgumentSchema KV = required("kv", NAME);
  private static final ArgumentSchema FD = required("fd", DESCRIPTOR);
  private static final ArgumentSchema ARGSZ = optional("argsz", INTEGER);
  private static final ArgumentSchema GSI = required("gsi", INTEGER);
  private static final ArgumentSchema GIC_KIND = word("kind", true, "v3", "v2", "its");

  private static final ImmutableMap<String, OperationSchema> OPERATIONS = operations();

  private Vocabulary() {}

  private static ImmutableMap<String, OperationSchema> operations() {
    Builder b = new Builder();
    eventfds(b);
    vfio(b);
    devices(b);
    virtualMachines(b);
    x86(b);
    arm64(b);
    kvmDevices(b);
    guest(b);
    sessions(b);
    return b.build();
  }

  private static void eventfds(Builder b) {
    b.op(
        "ef.new",
        "makes an eventfd, always non-blocking",
        required("fd", NAME),
        optional("init", INTEGER),
        flags("flags", "SEMAPHORE", "NONBLOCK"));
    b.op("ef.read", "reads it: out.value", FD);
    b.op("ef.write", "writes it, 1 unless told otherwise", FD, optional("value", INTEGER));
    b.op("ef.poll", "polls it: out.revents", FD);
    b.op("ef.close", "closes its descriptor", FD);
  }

  private static void vfio(Builder b) {
    b.op(
        "grp.open",
        "opens a device's group, and a container of IOMMU type 1 unless a path is given",
        optional("dev", DEVICE),
        optional("path", TEXT),
        optional("fd", DESCRIPTOR));
    b.op("grp.close", "closes a group", optional("dev", DEVICE), optional("fd", DESCRIPTOR));
    b.op(
        "grp.set_container",
        "VFIO_GROUP_SET_CONTAINER",
        required("grp", DESCRIPTOR),
        required("ctr", DESCRIPTOR));
    b.op("grp.unset_container", "VFIO_GROUP_UNSET_CONTAINER", required("grp", DESCRIPTOR));
    b.op("ctr.open", "opens a container", required("fd", NAME), optional("path", TEXT));
    b.op("ctr.set_iommu", "VFIO_SET_IOMMU", required("ctr", DESCRIPTOR), required("type", INTEGER));
    b.op("ctr.close", "closes a container", FD);
    b.op(
        "dev.open",
        "opens a device, its group first; sets memory and, unless master=0, bus master",
        DEV,
        optional("master", INTEGER),
        optional("grp", DESCRIPTOR));
    b.op(
        "dev.close",
        "closes a device's descriptor",
        optional("dev", DEVICE),
        optional("fd", DESCRIPTOR));
    b.op("vfio.info", "VFIO_DEVICE_GET_INFO: out.flags, num_irqs", DEV, ARGSZ);
    b.op(
        "vfio.irq_info",
        "VFIO_DEVICE_GET_IRQ_INFO: out.count, flags",
        DEV,
        required("index", INDEX),
        ARGSZ);
    b.op("vfio.reset", "VFIO_DEVICE_RESET", DEV);
    b.op(
        "vfio.set_irqs",
        "VFIO_DEVICE_SET_IRQS; argsz is 20 plus the data unless given",
        DEV,
        required("index", INDEX),
        argument(
            "flags",
            FLAGS,
            true,
            "DATA_NONE",
            "DATA_BOOL",
            "DATA_EVENTFD",
            "ACTION_MASK",
            "ACTION_UNMASK",
            "ACTION_TRIGGER"),
        required("start", INTEGER),
        required("count", INTEGER),
        optional("fds", DESCRIPTORS),
        optional("bools", INTEGERS),
        ARGSZ);
  }

  private static void devices(Builder b) {
    ArgumentSchema off = required("off", INTEGER);
    ArgumentSchema size = optional("size", INTEGER);
    ArgumentSchema val = required("val", INTEGER);
    ArgumentSchema bar = required("bar", INTEGER);
    b.op("cfg.read", "reads configuration space: out.val", DEV, off, size);
    b.op("cfg.write", "writes configuration space", DEV, off, size, val);
    b.op("mmio.read", "reads a device's register: out.val", DEV, bar, off, size);
    b.op("mmio.write", "writes a device's register", DEV, bar, off, size, val);
    b.op(
        "pci.cmd",
        "changes the PCI command register: out.cmd, status_intx",
        DEV,
        optional("set", INTEGER),
        optional("clear", INTEGER));
    b.op(
        "irq.raise",
        "any device raises an interrupt; of INTX and wired ones, level is the line's",
        DEV,
        required("index", INDEX),
        optional("vector", INTEGER),
        optional("level", INTEGER));
    b.op("edu.raise", "the teaching device raises", DEV, optional("value", INTEGER));
    b.op("edu.ack", "and is acknowledged", DEV, optional("value", INTEGER));
    b.op("edu.status", "its status register: out.val", DEV);
    b.op("e1000e.msix_setup", "cause bit 20 + n becomes vector n", DEV);
    b.op("e1000e.msix_raise", "raises a vector", DEV, required("vector", INTEGER));
    b.op("e1000e.intx_setup", "allows the card's line", DEV);
    b.op("e1000e.intx_raise", "raises the line", DEV);
    b.op("e1000e.intx_ack", "reads the cause register, which lowers the line: out.icr", DEV);
    b.op("pl031.raise", "the clock raises its line: out.ris", DEV, optional("imsc", INTEGER));
    b.op("pl031.alarm", "sets its alarm and waits for it", DEV, required("secs", INTEGER));
    b.op("pl031.ack", "lowers the line", DEV);
    b.op("pl031.imsc", "writes its interrupt mask", DEV, val);
    b.op("pl031.status", "its registers: out.ris, mis, imsc", DEV);
  }

  private static void virtualMachines(Builder b) {
    b.op("vm.new", "KVM_CREATE_VM", VM);
    b.op("vm.vcpu", "KVM_CREATE_VCPU", VM, VCPU, optional("init", INTEGER));
    b.op("vm.cap", "KVM_CHECK_EXTENSION; ret is the answer", VM, required("cap", INTEGER));
    b.op(
        "vm.close",
        "closes vCPUs and VM; with all=0 only the VM's descriptor",
        VM,
        optional("all", INTEGER));
    b.op(
        "kvm.irqfd",
        "KVM_IRQFD",
        VM,
        FD,
        GSI,
        flags("flags", "DEASSIGN", "RESAMPLE"),
        optional("resamplefd", DESCRIPTOR));
    b.op(
        "kvm.routing",
        "KVM_SET_GSI_ROUTING; msi:GSI:LO:DATA[:HI[:FLAGS[:DEVID]]], irqchip:GSI:CHIP:PIN[:FLAGS],"
            + " hv_sint:GSI:VCPU:SINT, TYPE:GSI[:FLAGS]; fill: so many entries from fill_base on",
        VM,
        optional("entries", ROUTES),
        optional("flags", INTEGER),
        optional("nr", INTEGER),
        optional("fill", INTEGER),
        optional("fill_base", INTEGER));
    b.op(
        "kvm.irq_line",
        "KVM_IRQ_LINE; with status=1 KVM_IRQ_LINE_STATUS: out.status",
        VM,
        GSI,
        required("level", INTEGER),
        optional("status", INTEGER));
    b.op(
        "kvm.signal_msi",
        "KVM_SIGNAL_MSI; ret is the raw result",
        VM,
        optional("lo", INTEGER),
        optional("hi", INTEGER),
        required("data", INTEGER),
        optional("flags", INTEGER),
        optional("devid", INTEGER));
  }

  private static void x86(Builder b) {
    b.op("vm.irqchip", "KVM_CREATE_IRQCHIP", VM);
    b.op("vm.split", "KVM_CAP_SPLIT_IRQCHIP with n pins", VM, required("n", INTEGER));
    b.op("kvm.lapic", "a local APIC: out.irr, isr, tmr, svr, id", VM, OPTIONAL_VCPU);
    b.op(
        "kvm.lapic_setup",
        "writes the spurious vector register, 0x1ff unless told otherwise, and a flat logical ID",
        VM,
        OPTIONAL_VCPU,
        optional("svr", INTEGER),
        optional("ldr", INTEGER));
    b.op("kvm.lapic_clear", "empties IRR, ISR and TMR", VM, OPTIONAL_VCPU);
    b.op(
        "kvm.get_irqchip",
        "KVM_GET_IRQCHIP: out.irr and more",
        VM,
        argument("chip", WORD, true, "ioapic", "pic0", "pic1"));
    b.op(
        "kvm.ioapic_pin",
        "programs a pin of the IOAPIC",
        VM,
        required("pin", INTEGER),
        required("vector", INTEGER),
        optional("level", INTEGER),
        optional("mask", INTEGER),
        optional("dest", INTEGER));
    b.op(
        "kvm.eoi",
        "the highest pending vector goes into service and the guest ends it: out.vector;"
            + " in a session, the guest's end of vec",
        optional("vm", NAME),
        OPTIONAL_VCPU,
        optional("vec", INTEGER),
        optional("pv", INTEGER));
  }

  private static void arm64(Builder b) {
    b.op(
        "vm.vgic",
        "vCPUs 0 to n-1, a GICv3 and an ITS, all set up: out.stage",
        VM,
        optional("vcpus", INTEGER),
        optional("spis", INTEGER),
        optional("its", INTEGER),
        optional("lpi", INTEGER),
        optional("mapc", INTEGER));
    b.op(
        "gic.create",
        "KVM_CREATE_DEVICE of a GIC or an ITS",
        VM,
        GIC_KIND,
        optional("test", INTEGER));
    for (String call : List.of("set", "get", "has")) {
      b.op(
          "gic." + call,
          "KVM_" + call.toUpperCase(java.util.Locale.ROOT) + "_DEVICE_ATTR of it",
          VM,
          GIC_KIND,
          argument(
              "group",
              WORD,
              true,
              "ADDR",
              "DIST_REGS",
              "NR_IRQS",
              "CTRL",
              "REDIST_REGS",
              "ITS_REGS"),
          optional("attr", INTEGER),
          optional("val", INTEGER));
    }
    b.op("its.setup", "gives the ITS its tables and its command queue", VM);
    b.op("its.enable", "writes GITS_CTLR", VM);
    b.op("its.disable", "writes GITS_CTLR", VM);
    b.op(
        "its.ctrl",
        "a control attribute of the ITS",
        VM,
        argument("op", WORD, true, "init", "save", "restore", "reset"));
    b.op("its.close", "closes the ITS", VM);
    b.op(
        "its.cmd",
        "the guest's command to the ITS; a bad one is ignored",
        VM,
        argument(
            "cmd", WORD, true, "MAPD", "MAPC", "MAPTI", "MAPI", "MOVI", "INT", "CLEAR", "SYNC",
            "INV", "INVALL", "MOVALL", "DISCARD"),
        optional("devid", INTEGER),
        optional("event", INTEGER),
        optional("lpi", INTEGER),
        optional("col", INTEGER),
        OPTIONAL_VCPU,
        optional("vcpu2", INTEGER),
        optional("bits", INTEGER),
        optional("valid", INTEGER));
    b.op("lpi.enable", "the guest enables LPIs of a redistributor", VM, OPTIONAL_VCPU);
    b.op(
        "lpi.cfg",
        "changes an LPI's property byte, in force after INV",
        VM,
        required("lpi", INTEGER),
        optional("prio", INTEGER),
        optional("enable", INTEGER));
    b.op(
        "lpi.pending",
        "saves and reads the pending table: out.pending",
        VM,
        optional("lpi", INTEGER),
        OPTIONAL_VCPU);
    b.op(
        "spi.cfg",
        "configures interrupt 32 + spi",
        VM,
        required("spi", INTEGER),
        optional("edge", INTEGER),
        optional("enable", INTEGER));
    b.op(
        "spi.state", "its state: out.pending, active, enabled, line", VM, required("spi", INTEGER));
    b.op(
        "kvm.run",
        "the guest acknowledges and, unless eoi=0, ends what it gets: out.intids",
        VM,
        OPTIONAL_VCPU,
        optional("ms", INTEGER),
        optional("eoi", INTEGER));
    b.op("kvm.start", "the same in the background", VM, OPTIONAL_VCPU, optional("eoi", INTEGER));
    b.op("kvm.ints", "what the guest got since: out.intids", VM, OPTIONAL_VCPU);
    b.op("kvm.stop", "ends the background run: out.intids", VM, OPTIONAL_VCPU);
  }

  private static void kvmDevices(Builder b) {
    ArgumentSchema flags = optional("flags", INTEGER);
    b.op(
        "kv.create",
        "KVM_CREATE_DEVICE, type KVM_DEV_TYPE_VFIO unless given; test=1 only asks",
        VM,
        KV,
        optional("type", INTEGER),
        flags,
        optional("test", INTEGER));
    for (String call : List.of("has", "set", "get")) {
      b.op(
          "kv." + call,
          "KVM_"
              + call.toUpperCase(java.util.Locale.ROOT)
              + "_DEVICE_ATTR; dev, index, start and gsis make a kvm_vfio_dev_irq",
          KV,
          word("group", false, "GROUP", "DEVICE"),
          word("attr", true, "ADD", "DEL", "FORWARD", "UNFORWARD", "POST", "UNPOST"),
          optional("fd", DESCRIPTOR),
          optional("addr", INTEGER),
          flags,
          optional("dev", DEVICE),
          optional("index", INDEX),
          optional("start", INTEGER),
          optional("count", INTEGER),
          optional("gsis", INTEGERS),
          ARGSZ);
    }
    b.op("kv.close", "closes the KVM device", KV);
    b.op(
        "byp",
        "the registry directly; out.calls; a device raises: out.raised, bypassed, host. Left out:"
            + " a add_consumer, d del_consumer, A add_producer, D del_producer, s stop, t start;"
            + " failing: F -EIO, G -ENOSPC",
        argument("cmd", WORD, true, "rp", "up", "rc", "uc", "raise"),
        required("slot", INTEGER),
        optional("token", INTEGER),
        optional("flags", LETTERS));
  }

  private static void guest(Builder b) {
    b.op("guest.take", "the vCPU takes its next interrupt: out.vector, or out.none", VM, VCPU);
    b.op(
        "guest.end",
        "the guest ends an interrupt, the highest in service unless told which",
        VM,
        VCPU,
        optional("vector", INTEGER));
    b.op("guest.run", "takes and ends until nothing is left: out.vectors", VM, VCPU);
    b.op("guest.enter", "the vCPU enters guest mode", VM, VCPU);
    b.op("guest.leave", "the vCPU leaves guest mode", VM, VCPU);
    b.op("guest.kick", "the vCPU is kicked", VM, VCPU);
    b.op(
        "guest.load",
        "the vCPU's thread is scheduled in, or moved to another physical CPU",
        VM,
        VCPU,
        required("cpu", INTEGER));
    b.op("guest.put", "the vCPU's thread is preempted", VM, VCPU);
    b.op("guest.block", "the guest waits for an interrupt: out.blocked", VM, VCPU);
    b.op(
        "guest.ioapic_pin",
        "the guest programs a pin of the IOAPIC",
        VM,
        required("pin", INTEGER),
        required("vector", INTEGER),
        optional("level", INTEGER),
        optional("mask", INTEGER),
        optional("dest", INTEGER),
        optional("logical", INTEGER),
        argument(
            "mode", WORD, false, "Fixed", "LowPrio", "SMI", "Res3", "NMI", "INIT", "SIPI",
            "ExtINT"));
    b.op(
        "guest.pic_pin",
        "the guest programs a pin of a PIC",
        VM,
        required("chip", INTEGER),
        required("pin", INTEGER),
        optional("level", INTEGER),
        optional("mask", INTEGER));
    b.op("guest.pic_take", "the vCPU takes what the PICs have: out.vector, or out.none", VM);
    b.op(
        "guest.pic_end",
        "the guest ends the highest interrupt in service of a PIC",
        VM,
        required("chip", INTEGER));
    b.op(
        "work.run",
        "runs deferred work: the oldest of a name, or by its place in the queue, or all of it",
        optional("work", TEXT),
        optional("index", INTEGER));
    b.op("mark", "a phase begins; costs nothing", optional("text", TEXT));
    b.op("teardown", "closes what is left");
  }

  private static void sessions(Builder b) {
    b.op(
        "irq.arrive",
        "in a session: the device raised its interrupt",
        DEV,
        required("index", INDEX),
        optional("vector", INTEGER),
        optional("fd", DESCRIPTOR),
        optional("host_irq", INTEGER),
        optional("handled", INTEGER));
    b.effect(
        "kvm.inject",
        "in a session: a vector enters the guest",
        optional("vm", NAME),
        VCPU,
        required("vec", INTEGER),
        optional("reinjected", INTEGER));
    b.effect(
        "kvm.ack", "in a session: a resampler is told", optional("vm", NAME), OPTIONAL_VCPU, GSI);
    b.effect("irqfd.inject", "in a session: an irqfd's work ran", optional("vm", NAME), GSI);
    b.effect("virqfd.inject", "in a session: still pending at unmask, signalled again");
    b.effect("kworker", "in a session: deferred work ran", optional("work", TEXT));
    b.effect(
        "exit",
        "in a session: its end",
        optional("kvm_run", TEXT),
        optional("kvm_run_err", TEXT),
        optional("other_ioctls", TEXT));
  }

  /**
   * All operations.
   *
   * @return schemas by name, in the order of the documentation
   */
  public static ImmutableMap<String, OperationSchema> all() {
    return OPERATIONS;
  }

  /**
   * Checks names, kinds and presence.
   *
   * @param strict whether an argument that is not known is refused; a recording may say more than
   *     is needed
   */
  static Operation check(
      String name, Map<String, Argument> arguments, Position position, boolean strict) {
    OperationSchema schema = OPERATIONS.get(name);
    if (schema == null) {
      throw new InputException(
          position,
          InputException.quote(name)
              + " is no operation"
              + Suggestion.of(name, OPERATIONS.keySet()));
    }
    Operation operation = new Operation(schema, ImmutableMap.copyOf(arguments), position);
    for (Argument argument : arguments.values()) {
      ArgumentSchema expected = schema.arguments().get(argument.name());
      if (expected != null) {
        if (!fits(expected, argument.value())) {
          throw operation.wrong(
              argument.name(), expected.expected() + nearest(expected, argument.value()));
        }
      } else if (strict) {
        throw new InputException(
            argument.position(),
            name
                + " has no argument "
                + InputException.quote(argument.name())
                + Suggestion.of(argument.name(), schema.arguments().keySet()));
      }
    }
    for (ArgumentSchema expected : schema.arguments().values()) {
      if (expected.required() && !arguments.containsKey(expected.name())) {
        throw operation.wrong(expected.name(), expected.expected());
      }
    }
    return operation;
  }

  private static boolean fits(ArgumentSchema schema, String value) {
    return switch (schema.kind()) {
      case INTEGER -> Numbers.isNumber(value);
      case NAME, DEVICE -> isName(value);
      case DESCRIPTOR -> isName(value) || Numbers.isNumber(value);
      case DESCRIPTORS -> all(COMMA, value, v -> isName(v) || Numbers.isNumber(v));
      case INTEGERS -> all(COMMA, value, Numbers::isNumber);
      case INDEX -> Numbers.isNumber(value) || IrqIndexName.of(value) != null;
      case WORD -> schema.words().contains(value) || Numbers.isNumber(value);
      case FLAGS -> all(BAR, value, v -> schema.words().contains(v) || Numbers.isNumber(v));
      case LETTERS -> value.chars().allMatch(Character::isLetter);
      case ROUTES, TEXT -> true;
    };
  }

  /** The nearest of an argument's words to the first piece that is none. */
  private static String nearest(ArgumentSchema schema, String value) {
    ImmutableSet<String> words = schema.kind() == INDEX ? IrqIndexName.NAMES : schema.words();
    for (String part : BAR.split(value)) {
      if (!words.contains(part) && !Numbers.isNumber(part)) {
        return Suggestion.of(part, words);
      }
    }
    return "";
  }

  private static boolean all(
      Splitter splitter, String value, java.util.function.Predicate<String> each) {
    for (String part : splitter.split(value)) {
      if (!each.test(part)) {
        return false;
      }
    }
    return true;
  }

  /** Whether something may be called so. */
  static boolean isName(String text) {
    if (text.isEmpty() || text.length() > LONGEST_NAME || !isLetter(text.charAt(0))) {
      return false;
    }
    for (int i = 1; i < text.length(); i++) {
      char c = text.charAt(i);
      if (!isLetter(c) && !(c >= '0' && c <= '9') && "-_.:".indexOf(c) < 0) {
        return false;
      }
    }
    return true;
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  private static ArgumentSchema required(String name, ArgumentKind kind) {
    return argument(name, kind, true);
  }

  private static ArgumentSchema optional(String name, ArgumentKind kind) {
    return argument(name, kind, false);
  }

  private static ArgumentSchema word(String name, boolean required, String... words) {
    return argument(name, WORD, required, words);
  }

  private static ArgumentSchema flags(String name, String... words) {
    return argument(name, FLAGS, false, words);
  }

  private static ArgumentSchema argument(
      String name, ArgumentKind kind, boolean required, String... words) {
    return new ArgumentSchema(name, kind, required, ImmutableSet.copyOf(words));
  }

  /** Gathers the table. */
  private static final class Builder {
    private final Map<String, OperationSchema> schemas = new LinkedHashMap<>();

    void op(String name, String documentation, ArgumentSchema... arguments) {
      add(name, documentation, false, arguments);
    }

    void effect(String name, String documentation, ArgumentSchema... arguments) {
      add(name, documentation, true, arguments);
    }

    private void add(
        String name, String documentation, boolean effect, ArgumentSchema... arguments) {
      ImmutableMap.Builder<String, ArgumentSchema> byName = ImmutableMap.builder();
      for (ArgumentSchema argument : arguments) {
        byName.put(argument.name(), argument);
      }
      OperationSchema schema =
          new OperationSchema(name, byName.buildOrThrow(), effect, documentation);
      @Nullable OperationSchema before = schemas.put(name, schema);
      if (before != null) {
        throw new IllegalStateException(name + " is in the vocabulary twice");
      }
    }

    ImmutableMap<String, OperationSchema> build() {
      return ImmutableMap.copyOf(schemas);
    }
  }

  /**
   * The vocabulary as a table.
   *
   * @return lines of Markdown, one an operation
   */
  public static List<String> toMarkdown() {
    List<String> lines = new ArrayList<>();
    lines.add("| operation | what it does |");
    lines.add("|---|---|");
    for (OperationSchema schema : OPERATIONS.values()) {
      lines.add(
          "| `" + schema.toString().replace("|", "\\|") + "` | " + schema.documentation() + " |");
    }
    return lines;
  }
}
