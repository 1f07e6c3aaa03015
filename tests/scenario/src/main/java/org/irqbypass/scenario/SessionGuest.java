package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.scenario.SessionForesight.Destination;
import org.jspecify.annotations.Nullable;

/**
 * What the guest of a recorded session does with its interrupts. Its lines are inputs to its
 * interrupt controllers, which must agree: a vector that it takes must wait there, and come first.
 */
final class SessionGuest {
  private static final ImmutableList<String> PICS =
      ImmutableList.of("kvm_ack_irq: irqchip PIC master", "kvm_ack_irq: irqchip PIC slave");

  /** Vectors that differ in the bits from here on differ in priority. */
  private static final int PRIORITY = 4;

  /** More vectors than there are. */
  private static final int VECTORS = 256;

  private final Strands strands;
  private final SessionInputs inputs;
  private final SessionForesight foresight;

  SessionGuest(Strands strands, SessionInputs inputs, SessionForesight foresight) {
    this.strands = strands;
    this.inputs = inputs;
    this.foresight = foresight;
  }

  /** Does what the guest has done unseen before a line. */
  void before(int at) {
    foresight.around(at).forEach(this::takeUnseen);
    foresight.endedBefore(at).forEach(this::endUnseen);
  }

  /** Does what the guest has done unseen behind a line. */
  void after(int at) {
    foresight.around(at).forEach(this::endUnseen);
    for (Destination to : foresight.behind(at)) {
      if (takeUnseen(to)) {
        endUnseen(to);
      }
    }
  }

  /** Takes a vector if it comes first. */
  private boolean takeUnseen(Destination to) {
    List<Integer> pending = pending(to.vcpu());
    boolean first = !pending.isEmpty() && pending.get(pending.size() - 1) == to.vector();
    if (first) {
      strands.unseen(guest("guest.take", to.vcpu()));
    }
    return first;
  }

  private void endUnseen(Destination to) {
    strands.unseen(guest("guest.end", to.vcpu()).with("vector", to.vector()));
  }

  /**
   * Prepares that a vector enters the guest: what stands in its way here, and did not there, for
   * good, is forgotten.
   *
   * @return whether something had to be forgotten
   */
  boolean forgets(Operation inject, int at) {
    int vcpu = inject.u32("vcpu");
    int vector = inject.u32("vec");
    if (inject.flag("reinjected", false)) {
      return false;
    }
    if (!pending(vcpu).contains(vector)) {
      programPins(at, vector);
    }
    takeOthers(vcpu, vector);
    List<Integer> kept = new ArrayList<>();
    boolean forgotten = false;
    for (int pending : pending(vcpu)) {
      if (pending > vector && !foresight.isTakenLater(at, new Destination(vcpu, pending))) {
        forgotten = true;
      } else {
        kept.add(pending);
      }
    }
    for (int served : inService(vcpu)) {
      forgotten |=
          served >>> PRIORITY >= vector >>> PRIORITY
              && foresight.isReset(at, new Destination(vcpu, served));
    }
    if (forgotten) {
      reset(vcpu, kept);
    }
    return forgotten;
  }

  private void programPins(int at, int vector) {
    for (Operation pin : foresight.nextPins(at, inputs.vm(), vector)) {
      strands.unseen(pin);
      inputs.programmed(pin);
    }
  }

  /** Takes and ends vectors that come first and that no line shows to be taken. */
  private void takeOthers(int vcpu, int vector) {
    for (int i = 0; i < VECTORS; i++) {
      List<Integer> pending = pending(vcpu);
      int first = pending.isEmpty() ? vector : pending.get(pending.size() - 1);
      Destination to = new Destination(vcpu, first);
      if (first <= vector || foresight.isEverTaken(to) || !takeUnseen(to)) {
        return;
      }
      endUnseen(to);
    }
  }

  /** Empties a local APIC but for some vectors that wait. */
  private void reset(int vcpu, List<Integer> kept) {
    strands.unseen(guest("kvm.lapic_clear", vcpu));
    for (int pending : kept) {
      strands.unseen(
          Operation.of(
              "kvm.signal_msi",
              "vm",
              inputs.vm(),
              "lo",
              0xfee00000L | (long) vcpu << 12,
              "data",
              pending));
    }
  }

  /** A vector enters the guest; what it shows of that. */
  Strand inject(Operation inject) {
    int vcpu = inject.u32("vcpu");
    int vector = inject.u32("vec");
    if (inject.flag("reinjected", false)) {
      return reinject(vcpu, vector);
    }
    Strand fromPic = pending(vcpu).contains(vector) ? null : injectFromPic(vector);
    return fromPic == null ? strands.begin(strands.run(guest("guest.take", vcpu))) : fromPic;
  }

  /** An entry that was interrupted is made again: the vector is in service, and stays there. */
  private Strand reinject(int vcpu, int vector) {
    Strand strand = new Strand();
    if (inService(vcpu).contains(vector)) {
      strand.add(Strands.injected(vector) + " [reinjected]");
    }
    return strands.begin(strand);
  }

  /**
   * What a PIC has enters the guest: of the vector the pin is known, and what is added to it is
   * not. What is still in service at the first PIC has been ended unseen.
   */
  private @Nullable Strand injectFromPic(int vector) {
    strands.unseen(Operation.of("guest.pic_end", "vm", inputs.vm(), "chip", 0));
    Answer taken = strands.unseen(Operation.of("guest.pic_take", "vm", inputs.vm()));
    if (!(taken.out().get("vector") instanceof Long pin) || (pin & 7) != (vector & 7)) {
      return null;
    }
    Strand strand = new Strand();
    strand.add(Strands.injected(vector));
    return strands.begin(strand);
  }

  /**
   * The guest ends an interrupt at a PIC. What the end at a local APIC leads to is not called: it
   * has been, by {@code kvm.eoi}.
   *
   * @return what it shows of that; null if nothing is called
   */
  @Nullable Strand acknowledge(ImmutableList<String> trace) {
    for (int chip = 0; chip < PICS.size(); chip++) {
      if (!trace.isEmpty() && trace.get(0).startsWith(PICS.get(chip))) {
        return strands.begin(
            strands.run(Operation.of("guest.pic_end", "vm", inputs.vm(), "chip", chip)));
      }
    }
    return null;
  }

  private Operation guest(String name, int vcpu) {
    return Operation.of(name, "vm", inputs.vm(), "vcpu", vcpu);
  }

  /** Vectors that wait at a vCPU, ascending. */
  private List<Integer> pending(int vcpu) {
    return vectors(vcpu, "irr");
  }

  private List<Integer> inService(int vcpu) {
    return vectors(vcpu, "isr");
  }

  private List<Integer> vectors(int vcpu, String register) {
    List<Integer> vectors = new ArrayList<>();
    if (strands.unseen(guest("kvm.lapic", vcpu)).out().get(register) instanceof List<?> list) {
      list.forEach(vector -> vectors.add(((Number) vector).intValue()));
    }
    return vectors;
  }
}
