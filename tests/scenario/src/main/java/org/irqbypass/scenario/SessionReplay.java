package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.List;
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

  private static final String EXIT = "exit";

  private final Comparison comparison;
  private final boolean traced;
  private final Strands strands;
  private final SessionInputs inputs;
  private final SessionGuest guest;
  private final ImmutableList<RecordedOperation> lines;
  private final List<Difference> differences = new ArrayList<>();
  private final List<Undecided> undecided = new ArrayList<>();

  /** The line at which each difference was found. */
  private final List<Integer> places = new ArrayList<>();

  private boolean exited;

  SessionReplay(
      SimulatedHost host,
      RecordingMeta meta,
      Comparison comparison,
      ImmutableList<RecordedOperation> lines) {
    this.comparison = comparison;
    this.lines = lines;
    this.traced = meta.trace();
    this.strands = new Strands(host);
    this.inputs = new SessionInputs(meta);
    this.guest = new SessionGuest(strands, inputs, new SessionForesight(lines));
  }

  /** Replays all lines. */
  void run() {
    for (int at = 0; at < lines.size(); at++) {
      replayAt(at);
    }
    for (Strands.Late missing : strands.missing()) {
      undecided(missing.since(), Undecided.Rule.THE_RECORDING_ENDS);
    }
  }

  /** Whether no more than some lines differ, up to one and that one. */
  boolean agreesUntil(int last, int tolerated) {
    for (int at = 0; at <= last && differences.size() <= tolerated; at++) {
      replayAt(at);
    }
    return differences.size() <= tolerated;
  }

  private void replayAt(int at) {
    RecordedOperation line = lines.get(at);
    for (Strands.Late late : strands.late(line.micros())) {
      if (comparison.traces(late.since())) {
        differs(Comparison.difference(late.since(), "nothing more", late.line()));
      }
    }
    replay(line, at);
    if (!traced) {
      strands.settle();
    }
    strands.since(line);
    while (places.size() < differences.size()) {
      places.add(at);
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
    guest.before(at);
    Operation op = line.operation();
    ImmutableList<String> trace = SessionLines.trace(line);
    int shown = showWork(trace);
    if (DEFERRED.contains(op.name())) {
      differs(effect(line, shown, null));
    } else if (op.name().equals("kvm.inject")) {
      differs(effect(line, shown, inject(line, at)));
    } else if (op.name().equals("kvm.ack")) {
      differs(effect(line, shown, guest.acknowledge(trace)));
    } else {
      Answer answer = strands.run(op);
      Strand own = strands.begin(answer);
      Difference returned = op.schema().effect() ? null : comparison.returned(line, answer);
      Difference traced = show(line, shown, own);
      differs(returned == null ? traced : returned);
    }
    exited |= op.name().equals(EXIT);
    inputs.after(line).forEach(strands::unseen);
    guest.after(at);
  }

  private Strand inject(RecordedOperation line, int at) {
    if (guest.forgets(line.operation(), at)) {
      undecided(line, Undecided.Rule.THE_GUEST_FORGOT);
    }
    return guest.inject(line.operation());
  }

  private void differs(@Nullable Difference difference) {
    if (difference != null) {
      differences.add(difference);
    }
  }

  /** Work that was queued earlier and that a line begins with; it runs before what is called. */
  private int showWork(ImmutableList<String> trace) {
    int shown = 0;
    boolean begun = false;
    while (shown < trace.size()) {
      boolean begins = strands.isQueued(trace.get(shown));
      if (!(begins || begun) || !strands.show(trace.get(shown))) {
        break;
      }
      begun = true;
      shown++;
    }
    return shown;
  }

  /** What nobody called; it must say the same in its name as in its trace. */
  private @Nullable Difference effect(RecordedOperation line, int from, @Nullable Strand own) {
    Difference parting = show(line, from, own);
    return parting == null && comparison.traces(line) ? misnamed(line) : parting;
  }

  /** Shows the lines of a trace from one on; how it parts from what was done, or null. */
  private @Nullable Difference show(RecordedOperation line, int from, @Nullable Strand own) {
    ImmutableList<String> trace = SessionLines.trace(line);
    Difference parting = null;
    for (int i = from; i < trace.size() && parting == null; i++) {
      if (!strands.show(trace.get(i)) && !showEnd(trace.get(i))) {
        String got = own == null ? strands.firstMissing() : own.missing();
        parting =
            Comparison.difference(
                line, Comparison.traceLine(i + 1, trace.get(i)), Comparison.traceLine(i + 1, got));
      }
    }
    boolean over = own == null || own.isOver() || line.operation().name().equals(EXIT);
    if (parting == null && own != null && !over) {
      parting =
          Comparison.difference(
              line,
              Comparison.traceLine(trace.size() + 1, null),
              Comparison.traceLine(trace.size() + 1, own.missing()));
    }
    if (parting != null) {
      strands.abandonNew();
    }
    return comparison.traces(line) ? parting : null;
  }

  /** An injection names what it injects. */
  private @Nullable Difference misnamed(RecordedOperation line) {
    Operation op = line.operation();
    String gsi = "kvm_set_irq: gsi ";
    String irq = "kvm_inj_virq: IRQ ";
    for (String text : SessionLines.trace(line)) {
      if (text.startsWith(gsi) && op.has("gsi") && !text.startsWith(gsi + op.text("gsi") + " ")) {
        return Comparison.difference(line, "gsi " + op.text("gsi"), text);
      }
      if (text.startsWith(irq)
          && !(text + " ").startsWith(irq + "0x" + Integer.toHexString(op.u32("vec")) + " ")) {
        return Comparison.difference(line, "vector " + op.text("vec"), text);
      }
    }
    return null;
  }

  /** What is left open when the monitor has ended is closed when the recording shows it. */
  private boolean showEnd(String text) {
    if (!exited) {
      return false;
    }
    exited = false;
    strands.begin(strands.run(Operation.of(EXIT)));
    return strands.show(text);
  }

  /** At which line each difference was found. */
  ImmutableList<Integer> places() {
    return ImmutableList.copyOf(places);
  }

  ImmutableList<Difference> differences() {
    return ImmutableList.copyOf(differences);
  }

  ImmutableList<Undecided> undecided() {
    return ImmutableList.copyOf(undecided);
  }
}
