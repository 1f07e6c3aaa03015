package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.kvm.x86.IoApic;
import org.irqbypass.kvm.x86.LocalApic;
import org.irqbypass.kvm.x86.Pic;
import org.irqbypass.kvm.x86.Redirection;
import org.irqbypass.kvm.x86.X86Vcpu;
import org.irqbypass.kvm.x86.X86Vm;

/** The operations on x86 interrupt controllers. */
final class X86Operations {
  private static final int SOFTWARE_ENABLED = 0x1ff;

  /** KVM_EXIT_IO: how the recorded guest says that it has written EOI. */
  private static final int EXIT_IO = 2;

  private static final int CHIPS = 3;

  /** Where a redirection entry has its delivery mode. */
  private static final int MODE_SHIFT = 8;

  /** How the recordings call the delivery modes of a redirection entry, by their number. */
  static final ImmutableList<String> MODES =
      ImmutableList.of("Fixed", "LowPrio", "SMI", "Res3", "NMI", "INIT", "SIPI", "ExtINT");

  /** The vectors that Linux gives to the PICs' first pins. */
  private static final int[] PIC_BASES = {0x30, 0x38};

  private final VirtualMachines machines;
  private final GuestOperations guests;

  X86Operations(VirtualMachines machines, GuestOperations guests) {
    this.machines = machines;
    this.guests = guests;
  }

  void addTo(Map<String, OperationHandler> handlers) {
    handlers.put("kvm.lapic", this::readLocalApic);
    handlers.put("kvm.lapic_setup", this::setUpLocalApic);
    handlers.put("kvm.lapic_clear", (op, reply) -> localApic(op).clear());
    handlers.put("kvm.get_irqchip", this::readIrqchip);
    handlers.put("kvm.ioapic_pin", this::setPin);
    handlers.put("guest.ioapic_pin", this::programPin);
    handlers.put("guest.pic_pin", this::programPicPin);
    handlers.put("guest.pic_take", this::takeFromPic);
    handlers.put(
        "guest.pic_end", (op, reply) -> vm(op).pic().end(below(op, "chip", PIC_BASES.length)));
    handlers.put("kvm.eoi", this::endOfInterrupt);
  }

  private X86Vcpu vcpu(Operation op) {
    return (X86Vcpu) machines.vcpu(op);
  }

  private LocalApic localApic(Operation op) {
    return vcpu(op).localApic();
  }

  private X86Vm vm(Operation op) {
    return X86Vm.of(machines.vm(op));
  }

  private void setUpLocalApic(Operation op, Reply reply) {
    LocalApic apic = localApic(op);
    apic.setSpuriousVector(op.u32("svr", SOFTWARE_ENABLED));
    if (op.has("ldr")) {
      apic.setLogicalId(op.u32("ldr"), LocalApic.FLAT);
    }
    apic.stateWritten();
  }

  private void readLocalApic(Operation op, Reply reply) {
    LocalApic apic = localApic(op);
    reply
        .out("irr", longs(apic.irr()))
        .out("isr", longs(apic.isr()))
        .out("tmr", longs(apic.tmr()))
        .out("svr", apic.spuriousVector())
        .out("id", apic.id());
  }

  private static ImmutableList<Long> longs(List<Integer> numbers) {
    return numbers.stream().map(Integer::longValue).collect(ImmutableList.toImmutableList());
  }

  private void readIrqchip(Operation op, Reply reply) {
    X86Vm vm = vm(op);
    vm.pic(); // the in-kernel controllers come together
    switch (op.text("chip")) {
      case "ioapic" -> readIoApic(vm.ioApic(), reply);
      case "pic0" -> readPic(vm.pic().state(0), reply);
      case "pic1" -> readPic(vm.pic().state(1), reply);
      default -> {
        int chip = op.u32("chip");
        if (chip < 0 || chip >= CHIPS) {
          throw new ErrnoException(Errno.EINVAL, "there is no irqchip " + chip);
        }
        if (chip == IoApic.IRQCHIP) {
          readIoApic(vm.ioApic(), reply);
        } else {
          readPic(vm.pic().state(chip), reply);
        }
      }
    }
  }

  private static void readIoApic(IoApic ioApic, Reply reply) {
    Map<String, String> programmed = new LinkedHashMap<>();
    long[] entries = ioApic.redirections();
    for (int pin = 0; pin < entries.length; pin++) {
      if (entries[pin] != Redirection.MASKED) {
        programmed.put(Integer.toString(pin), "0x" + Long.toHexString(entries[pin]));
      }
    }
    reply.out("irr", ioApic.irr()).out("redir", programmed);
  }

  private static void readPic(Pic.State state, Reply reply) {
    reply
        .out("irr", state.irr())
        .out("imr", state.imr())
        .out("isr", state.isr())
        .out("elcr", state.elcr())
        .out("last_irr", state.lastIrr());
  }

  /** KVM_GET_IRQCHIP, one entry changed, KVM_SET_IRQCHIP. */
  private void setPin(Operation op, Reply reply) {
    IoApic ioApic = vm(op).ioApic();
    long[] entries = ioApic.redirections();
    entries[below(op, "pin", IoApic.PINS)] = entry(op);
    ioApic.setState(entries, ioApic.irr());
  }

  private void programPin(Operation op, Reply reply) {
    long mode = Math.max(MODES.indexOf(op.text("mode", MODES.get(0))), 0);
    long logical = op.flag("logical", false) ? Redirection.LOGICAL : 0;
    vm(op)
        .ioApic()
        .writeRedirection(below(op, "pin", IoApic.PINS), entry(op) | logical | mode << MODE_SHIFT);
  }

  private static long entry(Operation op) {
    return Redirection.entry(
        op.u32("vector"), op.u32("dest", 0), op.flag("level", false), op.flag("mask", false));
  }

  private void programPicPin(Operation op, Reply reply) {
    Pic pic = vm(op).pic();
    int chip = below(op, "chip", PIC_BASES.length);
    int bit = 1 << below(op, "pin", Pic.PINS);
    Pic.State state = pic.state(chip);
    int mask = op.flag("mask", false) ? state.imr() | bit : state.imr() & ~bit;
    int levels = op.flag("level", false) ? state.elcr() | bit : state.elcr() & ~bit;
    pic.program(chip, PIC_BASES[chip], mask, levels);
  }

  private void takeFromPic(Operation op, Reply reply) {
    Pic pic = vm(op).pic();
    Pic.State first = pic.state(0);
    if ((first.irr() & ~first.imr()) == 0) {
      reply.out("none", 1);
    } else {
      reply.out("vector", pic.acknowledge());
    }
  }

  private static int below(Operation op, String argument, int limit) {
    int value = op.u32(argument);
    if (value < 0 || value >= limit) {
      throw op.wrong(argument, "0 to " + (limit - 1));
    }
    return value;
  }

  /**
   * In a session the guest ends what it took. Otherwise userspace moves the highest pending vector
   * into service with KVM_SET_LAPIC, and a guest runs that does nothing but end it.
   */
  private void endOfInterrupt(Operation op, Reply reply) {
    X86Vcpu vcpu = vcpu(op);
    if (op.has("vec")) {
      guests.end(vcpu, op.u32("vec"));
      return;
    }
    int vector = vcpu.localApic().forceIntoService();
    if (vector < 0) {
      throw new ErrnoException(Errno.EINVAL, "nothing is pending");
    }
    reply.out("vector", vector).out("exit_reason", EXIT_IO);
    vcpu.end(vector);
  }
}
