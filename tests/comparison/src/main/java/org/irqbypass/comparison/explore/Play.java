package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import org.irqbypass.comparison.contender.ContenderRun;
import org.irqbypass.comparison.contender.Forwarding;
import org.irqbypass.comparison.contender.TrialRunner;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.scenario.Execution;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.Outcome;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.work.Work;
import org.jspecify.annotations.Nullable;

/**
 * One play of a plot, move by move.
 *
 * <p>A guest that takes an interrupt waits until there is one; a device whose line is high waits
 * until it is served. Where nobody can go on otherwise, the first who waits for what does not come
 * gives up; when all are done, guests take what is left; and only then machines end. For one
 * thread.
 */
final class Play implements Fingerprinted, AutoCloseable {
  /** Who asks again when userspace is told of a completion: a thread of the VMM's of its own. */
  static final String RETRY = "retry";

  /** Deferred work; with a number where it is not the oldest. */
  static final String WORK = "work";

  /** Deferred work that was begun and goes on; with a number where it is not the only one. */
  static final String WORKER = "kworker";

  /** Guests that go on when their part of the scenario is over. */
  static final String GUEST = "guests";

  /** How many interrupts guests take after their part: a line that stays high brings no end. */
  private static final int MOST_LEFT = 16;

  private final Plot plot;
  private final Program program;
  private final ContenderRun run;
  private final Performer performer;
  private final int[] positions;
  private final BitSet done = new BitSet();
  private final Links links = new Links();

  /** Of each actor, the move that was found last, and for which place and which links. */
  private final @Nullable Move[] found;

  private final int[] foundAt;
  private final int[] foundBy;

  /** What the last move made of what is written; null if it was something else. */
  private Program.@Nullable Written made;

  /** Whose part of the plan the calls are that are to be made next. */
  private int caller;

  private int takenBeside;
  private boolean over;
  private @Nullable ImmutableList<Move> moves;
  private @Nullable StateKey fingerprint;
  private List<Execution.Step> lastSteps = new ArrayList<>();

  Play(Plot plot) {
    this(plot, false);
  }

  /**
   * Begins.
   *
   * @param remembered whether the run is to be told afterwards, with what each step looks like
   */
  Play(Plot plot, boolean remembered) {
    this.plot = plot;
    this.program = plot.program();
    this.run = plot.begin();
    int actors = program.actors().size();
    this.positions = new int[actors];
    this.found = new Move[actors];
    this.foundAt = new int[actors];
    this.foundBy = new int[actors];
    if (!remembered) {
      run.forget();
    }
    run.listen((step, host) -> lastSteps.add(step));
    TrialRunner.take(run, plot.plan(), 0, plot.scenario().explore().from());
    for (Scenario.Step step :
        plot.scenario().steps().subList(0, plot.scenario().explore().from())) {
      links.note(Links.names(step.operation()));
    }
    run.deferWork(true);
    this.performer = plot.fine() ? new Interleaving(run) : Performer.WHOLE;
    lastSteps.clear();
    passOver();
  }

  ContenderRun run() {
    return run;
  }

  /** What can be done next; empty when it is over. The same state has the same moves. */
  ImmutableList<Move> moves() {
    ImmutableList<Move> known = moves;
    if (known == null) {
      known = findMoves();
      moves = known;
    }
    return known;
  }

  private ImmutableList<Move> findMoves() {
    if (over) {
      return ImmutableList.of();
    }
    ImmutableList.Builder<Move> open = ImmutableList.builder();
    open.addAll(performer.open());
    for (int actor = 0; actor < positions.length; actor++) {
      if (isReady(actor)) {
        open.add(move(actor));
      }
    }
    Forwarding forwarding = run.forwarding();
    if (forwarding.hasRetry() && !performer.isUnderWay(RETRY)) {
      open.add(new Move(RETRY, "asks again", null));
    }
    ImmutableList<Work> queued = run.host().workQueue().queued();
    for (int i = 0; i < queued.size(); i++) {
      if (!queued.get(i).isRunning()) {
        open.add(new Move(numbered(WORK, i), queued.get(i).name(), null));
      }
    }
    ImmutableList<Move> ordinary = open.build();
    return ordinary.isEmpty() ? ImmutableList.of(whenStuck()) : ordinary;
  }

  private static String numbered(String name, int number) {
    return number == 0 ? name : name + "." + number;
  }

  /** Nobody can go on as they would like: exactly one thing happens now. */
  private Move whenStuck() {
    for (int actor = 0; actor < positions.length; actor++) {
      Program.Written waiting = isUnderWay(actor) ? null : written(actor);
      if (waiting != null && !waiting.isEnd() && needsAreMet(actor)) {
        return move(actor);
      }
    }
    if (takenBeside < MOST_LEFT && pendingVcpu() != null && !performer.isUnderWay(GUEST)) {
      return new Move(GUEST, "takes what is left", null);
    }
    if (performer.isBusy()) {
      return performer.whenStuck();
    }
    for (int actor = 0; actor < positions.length; actor++) {
      if (written(actor) != null && needsAreMet(actor)) {
        return move(actor);
      }
    }
    return new Move(Program.VMM, "the rest, as it is written", null);
  }

  /** Whether nothing goes on any more that could bring anybody an interrupt. */
  private boolean isIdle() {
    if (performer.isBusy()
        || !run.host().workQueue().queued().isEmpty()
        || run.forwarding().hasRetry()) {
      return false;
    }
    for (int actor = 0; actor < positions.length; actor++) {
      Program.Written next = written(actor);
      if (calls(actor) || (next != null && !next.isEnd())) {
        return false;
      }
    }
    return pendingVcpu() == null;
  }

  private boolean isUnderWay(int actor) {
    return performer.isUnderWay(program.actors().get(actor));
  }

  /** Whether something was begun and is not over. */
  boolean isBusy() {
    return performer.isBusy();
  }

  /** Where the last move stopped, for a person to read; null if what it did is over. */
  @Nullable String where() {
    return performer.where();
  }

  private boolean isReady(int actor) {
    if (isUnderWay(actor)) {
      return false;
    }
    if (calls(actor)) {
      return true;
    }
    Program.Written next = written(actor);
    return next != null && !next.isEnd() && needsAreMet(actor) && !waits(next);
  }

  private boolean calls(int actor) {
    return actor == caller && run.forwarding().hasCall();
  }

  private boolean needsAreMet(int actor) {
    int step = program.parts(actor).get(positions[actor]).step();
    for (int needed : program.needs(step)) {
      if (!done.get(needed)) {
        return false;
      }
    }
    return true;
  }

  /**
   * Whether an operation is of a guest that has to wait for an interrupt, or of a device that keeps
   * its line high until a guest has served it.
   */
  private boolean waits(Program.Written next) {
    Operation operation = next.operation();
    if (next.waitsFor() == Program.Wait.SERVICE) {
      return run.isUnserved(operation);
    }
    boolean take = next.waitsFor() == Program.Wait.INTERRUPT;
    if (!take && next.waitsFor() != Program.Wait.WAKE_UP) {
      return false;
    }
    Vcpu vcpu = vcpu(operation.text("vm", ""), operation.u32("vcpu", 0));
    if (vcpu == null) {
      return false; // let the operation say what it thinks of that
    }
    return take
        ? !vcpu.hasPending()
        : vcpu.scheduling() == Vcpu.Scheduling.BLOCKED && !vcpu.isRunnable();
  }

  private @Nullable Vcpu vcpu(String vm, int id) {
    String name = "vcpu:" + vm + ":" + id;
    return run.host().descriptors().isOpen(name)
        ? run.host().kvm().vcpu(run.host().descriptors().fd(name))
        : null;
  }

  /** A vCPU that has something to take; the first by name. */
  private @Nullable String pendingVcpu() {
    for (String name : run.host().descriptors().openOf("vcpu:").stream().sorted().toList()) {
      if (run.host().kvm().vcpu(run.host().descriptors().fd(name)).hasPending()) {
        return name;
      }
    }
    return null;
  }

  /** What an actor is to do next; null if it has done everything, or something that is added. */
  private Program.@Nullable Written written(int actor) {
    ImmutableList<Program.Part> parts = program.parts(actor);
    return positions[actor] == parts.size() ? null : parts.get(positions[actor]).written();
  }

  private Move move(int actor) {
    Program.Written next = written(actor);
    if (calls(actor) || next == null) {
      return new Move(program.actors().get(actor), "forwards", null);
    }
    if (performer.isBusy()) { // it is not known what that has to do with
      return new Move(program.actors().get(actor), next.text(), null);
    }
    Move move = found[actor];
    if (move == null || foundAt[actor] != positions[actor] || foundBy[actor] != links.version()) {
      move = new Move(program.actors().get(actor), next.text(), links.of(next.names()));
      found[actor] = move;
      foundAt[actor] = positions[actor];
      foundBy[actor] = links.version();
    }
    return move;
  }

  /**
   * Makes a move.
   *
   * @param move one of {@link #moves()}
   */
  void take(Move move) {
    lastSteps = new ArrayList<>();
    moves = null;
    fingerprint = null;
    String actor = move.actor();
    if (performer.isUnderWay(actor)) {
      performer.goOn(actor);
    } else {
      begin(actor, move.step());
    }
    Program.Written written = made;
    made = null;
    for (Execution.Step step : lastSteps) {
      Operation operation = step.operation();
      links.note(
          written != null && written.operation().equals(operation)
              ? written.names()
              : Links.names(operation));
    }
    passOver();
  }

  private void begin(String actor, String step) {
    int number = program.actors().indexOf(actor);
    if (actor.equals(RETRY)) {
      performer.begin(RETRY, step, run.forwarding()::retry);
    } else if (actor.startsWith(WORK)) {
      int index = actor.equals(WORK) ? 0 : Integer.parseInt(actor.substring(WORK.length() + 1));
      performer.begin(worker(), step, () -> work(index));
    } else if (number >= 0 && calls(number)) {
      performer.begin(actor, step, run.forwarding()::call);
    } else if (number >= 0 && written(number) != null) {
      performer.begin(actor, step, () -> make(number));
    } else if (actor.equals(GUEST)) {
      performer.begin(GUEST, step, this::takeWhatIsLeft);
    } else {
      finish();
    }
  }

  private String worker() {
    int number = 0;
    while (performer.isUnderWay(numbered(WORKER, number))) {
      number++;
    }
    return numbered(WORKER, number);
  }

  private void make(int actor) {
    Program.Part part = program.parts(actor).get(positions[actor]);
    int step = part.step();
    Operation operation = plot.scenario().steps().get(step).operation();
    String vm = operation.text("vm", "");
    if (operation.name().equals("vm.close") && run.forwarding().hasOwn(vm)) {
      run.forwarding().closeOwn(vm);
      return;
    }
    Outcome outcome = run.written(step);
    made = part.written();
    positions[actor]++;
    done.set(step);
    run.forwarding().noteCompletions(operation, outcome);
  }

  private void work(int index) {
    Operation operation = Operation.of("work.run", "index", index);
    run.forwarding().noteCompletions(operation, run.besides(WORK, operation));
  }

  private void takeWhatIsLeft() {
    takenBeside++;
    String[] name = String.valueOf(pendingVcpu()).split(":", 3);
    for (String step : List.of("guest.take", "guest.end")) {
      Operation operation = Operation.of(step, "vm", name[1], "vcpu", name[2]);
      Outcome outcome = run.besides(GUEST, operation);
      run.forwarding().noteCompletions(operation, outcome);
    }
  }

  /** What is written after the steps whose order is open. */
  private void finish() {
    over = true;
    run.deferWork(false);
    Scenario scenario = plot.scenario();
    TrialRunner.take(run, plot.plan(), scenario.explore().until(), scenario.steps().size());
    try {
      run.host().workQueue().runAll();
    } catch (ErrnoException endless) {
      // Work that queues itself without end is found as a circle of states.
      return;
    }
  }

  /** The VMM's threads come to what is no call: their plans. */
  private void passOver() {
    for (int actor = 0; actor < positions.length; actor++) {
      ImmutableList<Program.Part> parts = program.parts(actor);
      while (!isUnderWay(actor) && !run.forwarding().hasCall() && positions[actor] < parts.size()) {
        Program.Part part = parts.get(positions[actor]);
        if (part.action() == null || (part.after() >= 0 && !done.get(part.after()))) {
          break;
        }
        positions[actor]++;
        caller = actor;
        run.forwarding().begin(part.action());
      }
    }
  }

  /** What a property looks at. */
  Moment moment() {
    return new Moment(run, lastSteps, over || isIdle(), over, performer.deadlock());
  }

  /** Of the state, which says nothing of how far those are who are under way. */
  StateKey fingerprint() {
    StateKey known = fingerprint;
    if (known == null) {
      known = StateFingerprint.keyOf(this);
      fingerprint = known;
    }
    return known;
  }

  /** Ends what is under way: others would have waited for its thread for good. */
  @Override
  public void close() {
    performer.drop();
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    for (int position : positions) {
      sink.put(position);
    }
    sink.put(takenBeside).put(over).put(caller);
    run.writeTo(sink);
  }
}
