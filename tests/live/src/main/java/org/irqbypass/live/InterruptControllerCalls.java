package org.irqbypass.live;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.nio.ByteBuffer;
import java.util.LinkedHashMap;
import java.util.Map;
import org.irqbypass.errno.Errno;
import org.irqbypass.kvm.x86.Redirection;
import org.irqbypass.scenario.Operation;

/** Reading and programming local APICs, IOAPICs and PICs. */
final class InterruptControllerCalls {
  private static final int SOFTWARE_ENABLED = 0x1ff;

  // struct kvm_irqchip
  private static final int CHIP_SIZE = 520;
  private static final int CHIP = 8;
  private static final ImmutableList<String> CHIPS = ImmutableList.of("pic0", "pic1", "ioapic");
  private static final int IOAPIC = 2;

  // struct kvm_ioapic_state
  private static final int IOAPIC_IRR = CHIP + 16;
  private static final int REDIRECTION = CHIP + 24;
  private static final int PINS = 24;

  private final OpenFiles files;
  private final EndingGuest guest;

  InterruptControllerCalls(OpenFiles files, EndingGuest guest) {
    this.files = files;
    this.guest = guest;
  }

  void addTo(Map<String, Performance> performances) {
    performances.put("kvm.lapic", this::readLocalApic);
    performances.put("kvm.lapic_setup", this::enableLocalApic);
    performances.put("kvm.lapic_clear", this::clearLocalApic);
    performances.put("kvm.get_irqchip", this::readChip);
    performances.put("kvm.ioapic_pin", this::programPin);
    performances.put("kvm.eoi", this::endOfInterrupt);
  }

  private int vcpu(Operation op) {
    return files.fd(VmCalls.vcpu(op));
  }

  private long readLocalApic(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    LapicState state = LapicState.read(vcpu(op));
    out.put("irr", state.vectors(LapicState.IRR));
    out.put("isr", state.vectors(LapicState.ISR));
    out.put("tmr", state.vectors(LapicState.TMR));
    out.put("svr", state.spuriousVector());
    out.put("id", state.id());
    return 0;
  }

  private long enableLocalApic(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    LapicState state = LapicState.read(vcpu(op));
    state.setSpuriousVector(op.u32("svr", SOFTWARE_ENABLED));
    if (op.has("ldr")) {
      state.setLogicalId(op.u32("ldr"));
    }
    state.write();
    return 0;
  }

  private long clearLocalApic(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    LapicState state = LapicState.read(vcpu(op));
    state.clear(LapicState.IRR);
    state.clear(LapicState.ISR);
    state.clear(LapicState.TMR);
    state.write();
    return 0;
  }

  private ByteBuffer chip(Operation op, int number) throws SystemCallException {
    ByteBuffer chip = SystemCalls.buffer(CHIP_SIZE).putInt(0, number);
    SystemCalls.ioctl(files.fd("vm:" + op.text("vm")), Ioctl.KVM_GET_IRQCHIP, chip);
    return chip;
  }

  private long readChip(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    int named = CHIPS.indexOf(op.text("chip"));
    int number = named < 0 ? op.u32("chip") : named;
    ByteBuffer chip = chip(op, number);
    if (number == IOAPIC) {
      Map<String, String> programmed = new LinkedHashMap<>();
      for (int pin = 0; pin < PINS; pin++) {
        long entry = chip.getLong(REDIRECTION + pin * Long.BYTES);
        if (entry != Redirection.MASKED) {
          programmed.put(Integer.toString(pin), "0x" + Long.toHexString(entry));
        }
      }
      out.put("irr", chip.getInt(IOAPIC_IRR) & 0xffffffffL);
      out.put("redir", ImmutableMap.copyOf(programmed));
    } else {
      out.put("last_irr", register(chip, 0));
      out.put("irr", register(chip, 1));
      out.put("imr", register(chip, 2));
      out.put("isr", register(chip, 3));
      out.put("elcr", register(chip, 14));
    }
    return 0;
  }

  /** A register of {@code struct kvm_pic_state}. */
  private static long register(ByteBuffer chip, int at) {
    return chip.get(CHIP + at) & 0xffL;
  }

  /** KVM_GET_IRQCHIP, one entry changed, KVM_SET_IRQCHIP. */
  private long programPin(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    ByteBuffer chip = chip(op, IOAPIC);
    int pin = op.u32("pin");
    if (pin < 0 || pin >= PINS) {
      throw op.wrong("pin", "0 to " + (PINS - 1));
    }
    chip.putLong(
        REDIRECTION + pin * Long.BYTES,
        Redirection.entry(
            op.u32("vector"), op.u32("dest", 0), op.flag("level", false), op.flag("mask", false)));
    SystemCalls.ioctl(files.fd("vm:" + op.text("vm")), Ioctl.KVM_SET_IRQCHIP, chip);
    return 0;
  }

  /** Moves the highest pending vector into service, then runs a guest that does nothing but EOI. */
  private long endOfInterrupt(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    int vcpu = vcpu(op);
    LapicState state = LapicState.read(vcpu);
    ImmutableList<Long> pending = state.vectors(LapicState.IRR);
    if (pending.isEmpty()) {
      throw new SystemCallException("kvm.eoi", Errno.EINVAL);
    }
    long vector = pending.get(pending.size() - 1);
    state.remove(LapicState.IRR, (int) vector);
    state.add(LapicState.ISR, (int) vector);
    state.write();
    out.put("vector", vector);
    out.put("exit_reason", guest.run(vcpu));
    return 0;
  }
}
