package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.scenario.SessionForesight.Destination;
import org.jspecify.annotations.Nullable;

/**
 * Replays a recorded session, in which several threads were at work at once, on a host of its own.
 * What each call, each arriving interrupt, each taking and end of an interrupt of the guest causes
 * must be shown by its own line; what it leaves to deferred work, by whichever line shows that: a
 * line of the worker's own, or one of a call that went on at the same time. For one use.
 */
final class SessionReplay {
  /** Lines of deferred work: nobody calls anything. */
  private static final ImmutableSet<String> DEFERRED =
      ImmutableSet.of("irqfd.inject", "virqfd.inject", "kworker");

  private static final ImmutableList<String> PICS =
      ImmutableList.of("kvm_ack_irq: irqchip PIC master", "kvm_ack_irq: irqchip PIC slave");

  private final Comparison comparison;
  private final Strands strands;
  private final SessionInputs inputs;
  private final SessionForesight foresight;
  private final ImmutableList<RecordedOperation> lines;
  private final List<Difference> differences = new ArrayList<>();
  private final List<Undecided> undecided = new ArrayList<>();

  SessionReplay(
      SimulatedHost host,
      RecordingMeta meta,
      Comparison comparison,
      ImmutableList<RecordedOperation> lines) {
    this.comparison = comparison;
    this.lines = lines;
    this.strands = new Strands(host);
    this.inputs = new SessionInputs(meta);
    this.foresight = new SessionForesight(lines);
  }

  void run() {
    for (int at = 0; at < lines.size(); at++) {
      RecordedOperation line = lines.get(at);
      for (Strands.Late late : strands.late(line.micros())) {
        differs(Comparison.difference(late.since(), "nothing more", late.line()));
      }
      replay(line, at);
      strands.since(line);
    }
    if (!lines.isEmpty()) {
      for (Strands.Late missing : strands.missing()) {
        undecided(missing.since(), Undecided.Rule.THE_RECORDING_ENDS);
      }
    }
  }

  private void undecided(RecordedOperation line, Undecided.Rule rule) {
    Undecided one = new Undecided(line.caseName(), line.step(), rule);
    if (!undecided.contains(one)) {
      undecided.add(one);
    }
  }

  private void replay(RecordedOperation line, int at) {
    inputs.before(line).forEach(strands::unseen);
    ImmutableList<Destination> taken = foresight.taken(at);
    taken.forEach(this::takeUnseen);
    Operation op = line.operation();
    ImmutableList<String> trace = SessionLines.trace(line);
    int shown = showWork(trace);
    if (DEFERRED.contains(op.name())) {
      differs(show(line, shown, null));
    } else if (op.name().equals("kvm.inject")) {
      differs(show(line, shown, inject(line, at)));
    } else if (op.name().equals("kvm.ack")) {
      differs(show(line, shown, acknowledge(line)));
    } else {
      Answer answer = strands.run(op);
      Strand own = strands.begin(answer);
      Difference returned = op.schema().effect() ? null : comparison.returned(line, answer);
      Difference traced = show(line, shown, own);
      differs(returned == null ? traced : returned);
    }
    inputs.after(line).forEach(strands::unseen);
    for (Destination ended : taken) {
      strands.unseen(guest("guest.end", ended.vcpu()).with("vector", ended.vector()));
    }
  }

  private void differs(@Nullable Difference difference) {
    if (difference != null) {
      differences.add(difference);
    }
  }

  /** Work that was queued earlier and that a line begins with; it runs before what is called. */
  private int showWork(ImmutableList<String> trace) {
    int shown = 0;
    while (shown < trace.size() && strands.isQueued(trace.get(shown))) {
      do {
        strands.show(trace.get(shown));
        shown++;
      } while (shown < trace.size()
          && !strands.isQueued(trace.get(shown))
          && strands.show(trace.get(shown)));
    }
    return shown;
  }

  /** Shows the lines of a trace from one on; how it parts from what was done, or null. */
  private @Nullable Difference show(RecordedOperation line, int from, @Nullable Strand own) {
    ImmutableList<String> trace = SessionLines.trace(line);
    Difference parting = null;
    for (int i = from; i < trace.size() && parting == null; i++) {
      if (!strands.show(trace.get(i))) {
        String got = own == null ? strands.firstMissing() : own.missing();
        parting =
            Comparison.difference(
                line, Comparison.traceLine(i + 1, trace.get(i)), Comparison.traceLine(i + 1, got));
      }
    }
    if (own != null && !own.isOver() && !line.operation().name().equals("exit")) {
      if (parting == null) {
        parting =
            Comparison.difference(
                line,
                Comparison.traceLine(trace.size() + 1, null),
                Comparison.traceLine(trace.size() + 1, own.missing()));
      }
      own.abandon();
    }
    return comparison.traces(line) ? parting : null;
  }

  private Operation guest(String name, int vcpu) {
    return Operation.of(name, "vm", inputs.vm(), "vcpu", vcpu);
  }

  /** Vectors that wait at a vCPU, ascending. */
  private List<?> pending(int vcpu) {
    return strands.unseen(guest("kvm.lapic", vcpu)).out().get("irr") instanceof List<?> irr
        ? irr
        : ImmutableList.of();
  }

  private void takeUnseen(Destination to) {
    List<?> pending = pending(to.vcpu());
    if (!pending.isEmpty() && pending.get(pending.size() - 1).equals((long) to.vector())) {
      strands.unseen(guest("guest.take", to.vcpu()));
    }
  }

  /** A vector enters the guest: it must be the one that waits there and comes first. */
  private Strand inject(RecordedOperation line, int at) {
    Operation op = line.operation();
    int vcpu = op.u32("vcpu");
    int vector = op.u32("vec");
    if (op.flag("reinjected", false)) {
      return reinject(vcpu, vector);
    }
    if (!pending(vcpu).contains((long) vector)) {
      programPins(at, vector);
    }
    if (!pending(vcpu).contains((long) vector)) {
      Strand strand = injectFromPic(vector);
      if (strand != null) {
        return strand;
      }
    }
    forget(line, at, vcpu, vector);
    return strands.begin(strands.run(guest("guest.take", vcpu)));
  }

  /** An entry that was interrupted is made again: the vector is in service, and stays there. */
  private Strand reinject(int vcpu, int vector) {
    Strand strand = new Strand();
    Object isr = strands.unseen(guest("kvm.lapic", vcpu)).out().get("isr");
    if (isr instanceof List<?> inService && inService.contains((long) vector)) {
      strand.add("kvm_inj_virq: IRQ 0x" + Integer.toHexString(vector) + " [reinjected]");
    }
    return strands.begin(strand);
  }

  private void programPins(int at, int vector) {
    for (Operation pin : foresight.nextPins(at, inputs.vm(), vector)) {
      strands.unseen(pin);
      inputs.programmed(pin);
    }
  }

  /** Higher vectors that wait here and were passed over there, for good, are forgotten. */
  private void forget(RecordedOperation line, int at, int vcpu, int vector) {
    List<Long> kept = new ArrayList<>();
    boolean forgotten = false;
    for (Object waiting : pending(vcpu)) {
      long pending = (Long) waiting;
      if (pending > vector && !foresight.isTakenLater(at, new Destination(vcpu, (int) pending))) {
        forgotten = true;
      } else {
        kept.add(pending);
      }
    }
    if (forgotten) {
      undecided(line, Undecided.Rule.THE_GUEST_FORGOT);
      strands.unseen(guest("kvm.lapic_clear", vcpu));
      for (long pending : kept) {
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
  }

  /**
   * The guest ends an interrupt at a PIC. What a local APIC's end leads to is not called: it has
   * been, by {@code kvm.eoi}.
   */
  private @Nullable Strand acknowledge(RecordedOperation line) {
    ImmutableList<String> trace = SessionLines.trace(line);
    for (int chip = 0; chip < PICS.size(); chip++) {
      if (!trace.isEmpty() && trace.get(0).startsWith(PICS.get(chip))) {
        return strands.begin(
            strands.run(Operation.of("guest.pic_end", "vm", inputs.vm(), "chip", chip)));
      }
    }
    return null;
  }

  /**
   * What a PIC has enters the guest: of the vector the pin is known, and what is added to it is
   * not. What is still in service at the first PIC has been ended unseen.
   */
  private @Nullable Strand injectFromPic(int vector) {
    strands.unseen(Operation.of("guest.pic_end", "vm", inputs.vm(), "chip", 0));
    Object taken =
        strands.unseen(Operation.of("guest.pic_take", "vm", inputs.vm())).out().get("vector");
    if (!(taken instanceof Long pin) || (pin & 7) != (vector & 7)) {
      return null;
    }
    Strand strand = new Strand();
    strand.add("kvm_inj_virq: IRQ 0x" + Integer.toHexString(vector));
    return strands.begin(strand);
  }

  ImmutableList<Difference> differences() {
    return ImmutableList.copyOf(differences);
  }

  ImmutableList<Undecided> undecided() {
    return ImmutableList.copyOf(undecided);
  }
}
