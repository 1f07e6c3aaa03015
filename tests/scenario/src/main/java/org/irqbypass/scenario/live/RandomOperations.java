package org.irqbypass.scenario.live;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.function.Supplier;
import org.irqbypass.scenario.Operation;

/**
 * Random operations on VMs and eventfds: mostly ones that succeed and meet each other, some that no
 * kernel accepts. For one thread.
 */
final class RandomOperations {
  private static final int EVENTFDS = 5;
  private static final int PINS = 24;

  /** The pin of the real-time clock, with rules of its own. */
  private static final int CLOCK = 8;

  /** Vectors that mean something else in the first sixteen, and at the last. */
  private static final ImmutableList<Integer> VECTORS =
      ImmutableList.of(0x31, 0x41, 0x41, 0x42, 0x55, 0x61, 0x7f, 0x80, 0xef, 0xff, 0x10, 0x0f, 0);

  /** Lowest priority, SMI, NMI, reset, start-up, external; and what is reserved. */
  private static final ImmutableList<Integer> DELIVERY_MODES =
      ImmutableList.of(0x100, 0x100, 0x100, 0x200, 0x400, 0x500, 0x600, 0x700, 0x300);

  private static final ImmutableList<Integer> DESTINATIONS =
      ImmutableList.of(0, 0, 0, 0, 1, 1, 2, 3, 0x10, 0xff);

  private final Draw draw;
  private final int vms;
  private final int vcpus;
  private final ImmutableList<Integer> favouriteGsis;
  private final ImmutableList<Integer> favouriteVectors;
  private final List<Supplier<List<Operation>>> body = new ArrayList<>();

  RandomOperations(Draw draw) {
    this.draw = draw;
    this.vms = draw.percent(40) ? 2 : 1;
    this.vcpus = draw.of(1, 1, 2, 2, 3);
    this.favouriteGsis =
        ImmutableList.of(
            draw.from(0, PINS - 1),
            draw.percent(25) ? CLOCK : draw.from(0, 2 * PINS / 3),
            draw.from(24, 30));
    this.favouriteVectors = ImmutableList.of(draw.of(VECTORS), draw.of(VECTORS), draw.of(VECTORS));
    story(3, this::wiredStory);
    story(3, this::messageStory);
    weigh(20, this::irqfd);
    weigh(12, this::routing);
    weigh(14, this::write);
    weigh(8, this::irqLine);
    weigh(7, this::signalMsi);
    weigh(6, this::programPin);
    weigh(6, this::read);
    weigh(9, this::lapic);
    weigh(5, this::chip);
    weigh(6, this::endOfInterrupt);
    weigh(2, this::poll);
    weigh(2, this::newEventfd);
    weigh(2, this::closeEventfd);
    weigh(2, this::setUp);
    weigh(1, this::clear);
    weigh(1, this::rare);
  }

  private void weigh(int weight, Supplier<Operation> kind) {
    story(weight, () -> List.of(kind.get()));
  }

  private void story(int weight, Supplier<List<Operation>> kind) {
    for (int i = 0; i < weight; i++) {
      body.add(kind);
    }
  }

  /** Makes VMs, vCPUs and eventfds, as a rule so that they are of use. */
  List<Operation> beginning() {
    List<Operation> operations = new ArrayList<>();
    boolean logicalIds = draw.percent(40);
    for (int vm = 0; vm < vms; vm++) {
      String name = "v" + vm;
      operations.add(Operation.of("vm.new", "vm", name));
      if (draw.percent(65)) {
        operations.add(Operation.of("vm.irqchip", "vm", name));
      } else if (draw.percent(85)) {
        operations.add(Operation.of("vm.split", "vm", name, "n", PINS));
      }
      for (int vcpu = 0; vcpu < vcpus; vcpu++) {
        operations.add(Operation.of("vm.vcpu", "vm", name, "vcpu", vcpu));
        if (draw.percent(90)) {
          Operation setUp = Operation.of("kvm.lapic_setup", "vm", name, "vcpu", vcpu);
          operations.add(logicalIds ? setUp.with("ldr", 1 << vcpu) : setUp);
        }
      }
    }
    for (int eventfd = 0; eventfd < EVENTFDS - 1; eventfd++) {
      Operation made = Operation.of("ef.new", "fd", "e" + eventfd);
      operations.add(draw.percent(8) ? made.with("flags", "SEMAPHORE") : made);
    }
    return operations;
  }

  /** One operation of the middle, or a few that belong together. */
  List<Operation> next() {
    return draw.of(body).get();
  }

  /** Looks at everything there may be, then closes it. */
  List<Operation> end() {
    List<Operation> operations = new ArrayList<>();
    for (int vm = 0; vm < vms; vm++) {
      for (int vcpu = 0; vcpu < vcpus; vcpu++) {
        operations.add(Operation.of("kvm.lapic", "vm", "v" + vm, "vcpu", vcpu));
      }
      for (String chip : List.of("ioapic", "pic0", "pic1")) {
        operations.add(Operation.of("kvm.get_irqchip", "vm", "v" + vm, "chip", chip));
      }
    }
    for (int eventfd = 0; eventfd < EVENTFDS; eventfd++) {
      operations.add(Operation.of("ef.read", "fd", "e" + eventfd));
    }
    operations.add(Operation.of("teardown"));
    return operations;
  }

  private String vm() {
    return "v" + (draw.percent(2) ? vms : draw.from(0, vms - 1));
  }

  private int vcpu() {
    return draw.percent(3) ? vcpus : draw.from(0, vcpus - 1);
  }

  private String eventfd() {
    return "e" + draw.from(0, EVENTFDS - 1);
  }

  private String descriptor() {
    return draw.percent(92) ? eventfd() : draw.of("-1", "-2", "null", "closed", "vm:v0");
  }

  private Object gsi() {
    if (draw.percent(70)) {
      return draw.of(favouriteGsis);
    }
    return draw.percent(85)
        ? draw.from(0, 30)
        : draw.of("4095", "4096", "100000", "0xffffffff", "0x80000000");
  }

  private int pin() {
    return draw.percent(60) ? draw.of(favouriteGsis) % PINS : draw.from(0, PINS - 1);
  }

  /** As told, but for what is left out now and then. */
  private List<Operation> mostOf(Operation... operations) {
    return Arrays.stream(operations).filter(operation -> draw.percent(93)).toList();
  }

  /** A wired interrupt with a resampler: raised, taken, ended, raised again. */
  private List<Operation> wiredStory() {
    String vm = vm();
    int gsi = pin();
    String trigger = eventfd();
    String resample = eventfd();
    Operation program =
        Operation.of("kvm.ioapic_pin", "vm", vm, "pin", gsi, "vector", hex(vector()), "level", 1);
    Operation bind = Operation.of("kvm.irqfd", "vm", vm, "fd", trigger, "gsi", gsi);
    Operation end = Operation.of("kvm.eoi", "vm", vm, "vcpu", 0);
    return mostOf(
        Operation.of("ef.new", "fd", trigger),
        program,
        bind.with("flags", "RESAMPLE").with("resamplefd", resample),
        Operation.of("ef.write", "fd", trigger),
        draw.percent(20) ? draw.of(irqLine(), lapic(), routing()) : end,
        end,
        Operation.of("ef.read", "fd", resample),
        Operation.of("ef.write", "fd", trigger),
        end);
  }

  /** A message: routed, bound, raised, ended. */
  private List<Operation> messageStory() {
    String vm = vm();
    int gsi = draw.of(favouriteGsis);
    String trigger = eventfd();
    String route = "msi:" + gsi + ":" + hex(address()) + ":" + hex(data());
    return mostOf(
        Operation.of("ef.new", "fd", trigger),
        Operation.of("kvm.routing", "vm", vm, "entries", route),
        Operation.of("kvm.irqfd", "vm", vm, "fd", trigger, "gsi", gsi),
        Operation.of("ef.write", "fd", trigger),
        Operation.of("kvm.eoi", "vm", vm, "vcpu", vcpu()));
  }

  private static String hex(int value) {
    return "0x" + Integer.toHexString(value);
  }

  private int vector() {
    return draw.percent(75) ? draw.of(favouriteVectors) : draw.of(VECTORS);
  }

  /** The low half of a message's address. */
  private int address() {
    int address = 0xfee00000 | draw.of(DESTINATIONS) << 12;
    if (draw.percent(15)) {
      address |= draw.of(0x4, 0x8, 0xc); // logical, with a redirection hint
    }
    return draw.percent(3) ? draw.of(0, 0x1000, address ^ 0x100000, address | 2) : address;
  }

  private int data() {
    int data = vector();
    if (draw.percent(18)) {
      data |= draw.of(DELIVERY_MODES);
    }
    if (draw.percent(12)) {
      data |= draw.of(0x4000, 0x8000, 0xc000); // asserted, by level
    }
    return draw.percent(2) ? data | draw.of(0x800, 0x10000, 0x80000000) : data;
  }

  /** The high half of a message's address: x2APIC's destination bits. */
  private int addressHigh() {
    return draw.percent(95) ? 0 : draw.of(0x1, 0xff, 0x100, 0x200, 0xffffff00, 0x101);
  }

  private Operation irqfd() {
    Operation irqfd = Operation.of("kvm.irqfd", "vm", vm(), "fd", descriptor(), "gsi", gsi());
    if (draw.percent(55)) {
      return irqfd;
    }
    if (draw.percent(50)) {
      return irqfd.with("flags", draw.percent(90) ? "DEASSIGN" : draw.of("4", "8", "-1"));
    }
    return irqfd
        .with("flags", draw.percent(95) ? "RESAMPLE" : "DEASSIGN|RESAMPLE")
        .with("resamplefd", descriptor());
  }

  private Operation routing() {
    Operation routing = Operation.of("kvm.routing", "vm", vm());
    if (draw.percent(3)) {
      int fill = draw.of(1, 24, 4095, 4096, 4097);
      return routing.with("fill", fill).with("fill_base", draw.of(0, 0, 1, 24, 4095));
    }
    int count = draw.of(0, 1, 1, 1, 2, 2, 2, 3, 4, 6);
    List<String> entries = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      entries.add(entry());
    }
    if (!entries.isEmpty()) {
      routing = routing.with("entries", String.join(";", entries));
    }
    if (draw.percent(2)) {
      routing = routing.with("flags", draw.of(1, 2));
    }
    return draw.percent(3)
        ? routing.with("nr", draw.of("0", "" + count, "" + (count + 1), "4097", "0xffffffff"))
        : routing;
  }

  private String entry() {
    Object gsi = gsi();
    if (draw.percent(65)) {
      String message = "msi:" + gsi + ":" + hex(address()) + ":" + hex(data());
      int high = addressHigh();
      if (draw.percent(96)) {
        return high == 0 ? message : message + ":" + hex(high);
      }
      return message + ":" + hex(high) + ":" + draw.of(1, 2, 3) + ":" + draw.of(0, 7);
    }
    if (draw.percent(92)) {
      int chip = draw.of(0, 1, 2, 2, 2, 2);
      int pins = chip == 2 ? PINS : PINS / 3;
      int pin = draw.percent(95) ? draw.from(0, pins - 1) : pins;
      String wired = "irqchip:" + gsi + ":" + (draw.percent(97) ? chip : 3) + ":" + pin;
      return draw.percent(97) ? wired : wired + ":" + draw.of(1, 2);
    }
    return draw.percent(50)
        ? "hv_sint:" + gsi + ":" + draw.of(0, 1) + ":" + draw.of(0, 2, 15, 16)
        : draw.of(0, 3, 5, 6, 99) + ":" + gsi;
  }

  private Operation write() {
    Operation write = Operation.of("ef.write", "fd", eventfd());
    return draw.percent(85)
        ? write
        : write.with(
            "value", draw.of("0", "2", "7", "0xfffffffffffffffd", "0xfffffffffffffffe", "-1"));
  }

  private Operation read() {
    return Operation.of("ef.read", "fd", eventfd());
  }

  private Operation poll() {
    return Operation.of("ef.poll", "fd", eventfd());
  }

  private Operation newEventfd() {
    Operation made = Operation.of("ef.new", "fd", eventfd());
    Operation flagged = draw.percent(15) ? made.with("flags", "SEMAPHORE") : made;
    return draw.percent(70) ? flagged : flagged.with("init", draw.of("1", "3", "0xffffffff"));
  }

  private Operation closeEventfd() {
    return Operation.of("ef.close", "fd", eventfd());
  }

  private Operation irqLine() {
    Operation line =
        Operation.of("kvm.irq_line", "vm", vm(), "gsi", gsi(), "level", draw.of(1, 1, 1, 0, 0, 2));
    return draw.percent(80) ? line.with("status", 1) : line;
  }

  private Operation signalMsi() {
    Operation msi =
        Operation.of("kvm.signal_msi", "vm", vm(), "lo", hex(address()), "data", hex(data()));
    int high = addressHigh();
    Operation whole = high == 0 ? msi : msi.with("hi", hex(high));
    return draw.percent(95)
        ? whole
        : whole.with("flags", draw.of(1, 2, 3)).with("devid", draw.of(0, 7));
  }

  private Operation programPin() {
    Operation pin =
        Operation.of(
            "kvm.ioapic_pin", "vm", vm(), "pin", draw.from(0, PINS - 1), "vector", hex(vector()));
    Operation level = draw.percent(50) ? pin.with("level", 1) : pin;
    Operation mask = draw.percent(20) ? level.with("mask", 1) : level;
    return draw.percent(70) ? mask : mask.with("dest", draw.of(DESTINATIONS));
  }

  private Operation ofVcpu(String name) {
    return Operation.of(name, "vm", vm(), "vcpu", vcpu());
  }

  private Operation lapic() {
    return ofVcpu("kvm.lapic");
  }

  private Operation clear() {
    return ofVcpu("kvm.lapic_clear");
  }

  private Operation endOfInterrupt() {
    return ofVcpu("kvm.eoi");
  }

  private Operation setUp() {
    Operation setUp = ofVcpu("kvm.lapic_setup");
    Operation addressed =
        draw.percent(70) ? setUp : setUp.with("ldr", draw.of(0, 1, 2, 3, 4, 0xff));
    return draw.percent(50) ? addressed : addressed.with("svr", draw.of("0xff", "0x1f0", "0x11ff"));
  }

  private Operation chip() {
    String chip = draw.percent(97) ? draw.of("ioapic", "ioapic", "pic0", "pic1") : "3";
    return Operation.of("kvm.get_irqchip", "vm", vm(), "chip", chip);
  }

  private Operation rare() {
    return switch (draw.from(0, 8)) {
      case 0 -> Operation.of("vm.new", "vm", vm());
      case 1 -> Operation.of("vm.irqchip", "vm", vm());
      case 2 -> Operation.of("vm.split", "vm", vm(), "n", draw.of("0", "1", "24", "255", "256"));
      case 3 -> Operation.of("vm.vcpu", "vm", vm(), "vcpu", draw.of(0, 1, 2, 3, 255, 100_000));
      case 4 -> Operation.of("vm.close", "vm", vm(), "all", draw.of(0, 1, 1));
      case 5 -> Operation.of("vm.cap", "vm", vm(), "cap", draw.of(0, 25, 26, 32, 75, 121, 131));
      case 6 -> kvmDevice();
      case 7 -> Operation.of("kv.close", "kv", draw.of("k0", "k1"));
      default -> attribute();
    };
  }

  private Operation kvmDevice() {
    Operation create = Operation.of("kv.create", "vm", vm(), "kv", draw.of("k0", "k1"));
    if (draw.percent(20)) {
      create = create.with("type", draw.of(0, 1, 3, 5, 99));
    }
    return draw.percent(70) ? create : create.with(draw.of("test", "flags"), draw.of(1, 1, 2));
  }

  private Operation attribute() {
    Operation attribute =
        Operation.of(
            draw.of("kv.has", "kv.set", "kv.get"),
            "kv",
            draw.of("k0", "k1"),
            "group",
            draw.of("GROUP", "GROUP", "0", "3"),
            "attr",
            draw.of("ADD", "DEL", "0", "4"));
    return draw.percent(70) ? attribute.with("fd", descriptor()) : attribute;
  }
}
