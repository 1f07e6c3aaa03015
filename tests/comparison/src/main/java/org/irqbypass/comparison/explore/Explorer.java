package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.function.IntFunction;
import org.irqbypass.comparison.explore.StateGraph.Seen;

/**
 * Plays a plot in every order.
 *
 * <p>A host cannot be copied, so that each order is played from the beginning: along a known way to
 * a state with a move that was not tried, and from there on, in a new state by the first move, in
 * one that was seen before by a move that was not tried there, until there is none. That is one
 * schedule. The states and what leads from one to the next make a graph, in which every order is a
 * way; so orders are counted that were never played.
 *
 * <p><b>What is not played.</b> No move is made twice from the same state, but on the way to
 * another, or by schedules that are played at the same time. Two moves that have nothing to do with
 * each other lead to the same state in either order: the second order is known without being
 * played.
 *
 * <p><b>Threads.</b> Schedules are played in rounds, each round on all threads; what they saw is
 * put together in a fixed order at its end. So the result depends on neither their number nor their
 * speed, unless there is a limit of time. An explorer is used once, by one thread; {@link #stop()}
 * may be called by any.
 */
public final class Explorer {
  /** Is told how far an exploration has come. */
  @FunctionalInterface
  public interface Progress {
    /**
     * A round is over.
     *
     * @param schedules how often the scenario was played
     * @param states how many states were seen
     * @param left how many moves are known that were not tried
     */
    void at(long schedules, int states, long left);
  }

  private static final int SMALLEST_ROUND = 8;
  private static final int LARGEST_ROUND = 64;

  private final Plot plot;
  private final Bounds bounds;

  private final StateGraph graph;

  /** The state whose moves are looked at next. All are, again and again. */
  private int cursor;

  /** Whether a move was tried, or known without, since the first state was looked at. */
  private boolean progress = true;

  /** Whether those that wait, wait for each other: then they are tried. */
  private boolean eager;

  private long schedules;
  private long deadline = Long.MAX_VALUE;
  private volatile boolean stopped;

  /** A move that was not tried, of a state. */
  private record Untried(int state, int move) {}

  /** A move that is to be tried, the way there, and which task of its round it is. */
  private record Task(Untried start, List<Move> way, int number) {}

  /**
   * What a schedule did beyond its known way, and what it saw.
   *
   * @param state which state that is, if it was known when the round began
   * @param choice what can be done there
   */
  private record Step(int move, Seen seen, int state, Choice choice) {}

  /** What a schedule did and saw beyond its known way. */
  private record Result(Task task, List<Step> steps) {}

  /**
   * Makes an explorer.
   *
   * @param plot what to play
   * @param bounds how far
   */
  public Explorer(Plot plot, Bounds bounds) {
    this.plot = plot;
    this.bounds = bounds;
    // Where interruptions are counted, moves that change places come to another count.
    this.graph = new StateGraph(bounds.reduced() && bounds.preemptions() < 0);
  }

  /** Ends the exploration soon; what was found so far is its result. */
  public void stop() {
    stopped = true;
  }

  /**
   * Explores.
   *
   * @param progress is told after each round, on this thread
   * @return what was found
   * @throws org.irqbypass.scenario.InputException if a step makes no sense on the scenario's host
   */
  public Exploration explore(Progress progress) {
    if (bounds.seconds() > 0) {
      deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(bounds.seconds());
    }
    ExecutorService threads = Executors.newFixedThreadPool(bounds.threads(), Explorer::thread);
    try {
      begin();
      while (graph.untried() > 0
          && schedules < bounds.schedules()
          && graph.size() < bounds.states()
          && !isOver()) {
        for (Result result : inParallel(threads, round())) {
          merge(result);
        }
        progress.at(schedules, graph.size(), graph.untried());
      }
      ImmutableList<Walk> walks =
          isOver() || (graph.untried() == 0 && bounds.preemptions() < 0)
              ? ImmutableList.of()
              : inParallel(threads, bounds.walks(), this::walk);
      return new Results(plot, bounds, graph, schedules, walks).tell();
    } finally {
      threads.shutdownNow();
    }
  }

  private static Thread thread(Runnable work) {
    Thread thread = new Thread(work, "explorer");
    thread.setDaemon(true);
    return thread;
  }

  /** Whether somebody, or the limit of time, has ended it. */
  private boolean isOver() {
    return stopped || (deadline != Long.MAX_VALUE && System.nanoTime() - deadline >= 0);
  }

  private void begin() {
    try (Path path = new Path(plot, bounds)) {
      Seen seen = path.look();
      graph.add(seen, graph.choice(seen.moves()), -1, 0);
    }
    schedules++;
  }

  /**
   * The next moves to try, those found first before others. Those that are likely to follow from
   * others wait until no others are left.
   */
  private ImmutableList<Callable<Result>> round() {
    long left = graph.untried();
    int size = (int) Math.max(SMALLEST_ROUND, Math.min(LARGEST_ROUND, left / 32));
    size = (int) Math.min(size, bounds.schedules() - schedules);
    List<Callable<Result>> round = new ArrayList<>();
    while (round.size() < size && graph.untried() > 0) {
      if (cursor == graph.size()) {
        if (!round.isEmpty()) {
          break; // what they lead to comes first
        }
        cursor = 0;
        eager = !progress;
        progress = false;
      }
      look(cursor, round, size);
      if (round.size() < size) {
        cursor++; // else more of its moves may be left
      }
    }
    return ImmutableList.copyOf(round);
  }

  /** Adds those of a state's moves that are to be tried now. */
  private void look(int state, List<Callable<Result>> round, int size) {
    StateGraph.Node node = graph.node(state);
    for (int move = 0; move < node.next.length && round.size() < size; move++) {
      if (node.next[move] != StateGraph.UNKNOWN) {
        continue;
      }
      if (eager || !node.isLazy(move)) {
        round.add(task(new Untried(state, move), round.size()));
        progress = true;
      }
    }
  }

  private Callable<Result> task(Untried next, int number) {
    return () -> play(new Task(next, graph.pathTo(next.state()), number));
  }

  /** Plays one schedule. Reads the graph, which does not change during a round. */
  private Result play(Task task) {
    if (isOver()) {
      return new Result(task, ImmutableList.of());
    }
    try (Path path = new Path(plot, bounds)) {
      task.way().forEach(path::take);
      List<Step> steps = new ArrayList<>();
      Set<StateKey> mine = new HashSet<>();
      Choice choice = graph.choice(path.moves());
      int move = task.start().move();
      while (move != StateGraph.UNKNOWN) {
        path.take(choice.move(move));
        Seen here = path.look();
        int state = graph.number(here.key());
        Choice before = choice;
        int made = move;
        if (state == StateGraph.UNKNOWN) {
          choice = graph.choice(here.moves());
          move = graph.worthwhile(before, made, choice);
        } else {
          choice = graph.node(state).choice;
          long draw = StateKey.mix(task.number() + steps.size());
          move = graph.worthwhile(state, (int) (draw >>> 33));
        }
        steps.add(new Step(made, here, state, choice));
        if (!mine.add(here.key())) {
          break; // it goes in circles
        }
      }
      return new Result(task, steps);
    }
  }

  private void merge(Result result) {
    if (result.steps().isEmpty()) {
      return; // it was over before this one began: the move stays untried
    }
    schedules++;
    int from = result.task().start().state();
    for (Step step : result.steps()) {
      int state = step.state();
      if (state == StateGraph.UNKNOWN) {
        state = graph.number(step.seen().key());
      }
      int known = graph.node(from).next[step.move()];
      if (known != StateGraph.UNKNOWN && known != state) {
        break; // without merging: where it leads was inferred since the round began
      }
      if (state == StateGraph.UNKNOWN) {
        state = graph.add(step.seen(), step.choice(), from, step.move());
      } else {
        graph.arrive(state, step.seen(), from, step.move());
      }
      from = state;
    }
  }

  /** An order drawn at random, with any number of interruptions, played to its end. */
  private Walk walk(int number) {
    try (Path path = new Path(plot, bounds.withPreemptions(-1))) {
      return walk(path, new SplittableRandom(bounds.seed() * 1_000_003L + number));
    }
  }

  private static Walk walk(Path path, SplittableRandom random) {
    ImmutableList.Builder<String> actors = ImmutableList.builder();
    ImmutableList.Builder<StateGraph.Breach> breaches = ImmutableList.builder();
    int left = Walk.LONGEST;
    ImmutableList<Move> open = path.moves();
    for (; !open.isEmpty() && left > 0; left--) {
      Move move = open.get(random.nextInt(open.size()));
      actors.add(move.actor());
      path.take(move);
      breaches.addAll(path.breaches());
      open = path.moves();
    }
    return new Walk(
        new Schedule(actors.build()),
        open.isEmpty() ? Endings.of(path.play().run().account()) : null,
        breaches.build());
  }

  private <T> ImmutableList<T> inParallel(
      ExecutorService threads, int number, IntFunction<T> work) {
    ImmutableList.Builder<Callable<T>> all = ImmutableList.builder();
    for (int i = 0; i < number; i++) {
      int each = i;
      all.add(() -> work.apply(each));
    }
    return inParallel(threads, all.build());
  }

  private static <T> ImmutableList<T> inParallel(
      ExecutorService threads, ImmutableList<Callable<T>> work) {
    try {
      ImmutableList.Builder<T> results = ImmutableList.builder();
      for (Future<T> result : threads.invokeAll(work)) {
        results.add(result.get());
      }
      return results.build();
    } catch (ExecutionException failed) {
      if (failed.getCause() instanceof RuntimeException cause) {
        throw cause;
      }
      throw new IllegalStateException(failed);
    } catch (InterruptedException interrupted) {
      Thread.currentThread().interrupt();
      throw new IllegalStateException("interrupted while exploring", interrupted);
    }
  }
}
