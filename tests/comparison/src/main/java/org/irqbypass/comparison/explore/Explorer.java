package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import com.google.common.hash.HashCode;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
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
import org.irqbypass.comparison.explore.StateGraph.Node;
import org.irqbypass.comparison.explore.StateGraph.Seen;

/**
 * Plays a plot in every order.
 *
 * <p>A host cannot be copied, so that each order is played from the beginning: along a known way to
 * a state with a move that was not tried, and from there on, always by the first move, until a
 * state is reached that was seen before. That is one schedule. The states and what leads from one
 * to the next make a graph, in which every order is a way; so orders are counted that were never
 * played.
 *
 * <p><b>What is not played.</b> From a state that was seen before nothing is played again. Two
 * moves that have nothing to do with each other lead to the same state in either order: the second
 * order is known without being played.
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
    void at(long schedules, int states, int left);
  }

  private static final int SMALLEST_ROUND = 32;
  private static final int LARGEST_ROUND = 1024;

  private final Plot plot;
  private final Bounds bounds;

  /** Where interruptions are counted, moves that change places come to another count. */
  private final boolean reduced;

  private final StateGraph graph = new StateGraph();
  private final Deque<Untried> untried = new ArrayDeque<>();
  private long schedules;
  private long inferred;
  private long deadline = Long.MAX_VALUE;
  private volatile boolean stopped;

  /** A move that was not tried, of a state. */
  private record Untried(int state, int move) {}

  /** A move that is to be tried, and the way there. */
  private record Task(Untried start, List<Move> way) {}

  /**
   * What a schedule saw beyond its known way; the first move is the task's, the others the first.
   */
  private record Result(Task task, List<Seen> seen) {}

  /**
   * Makes an explorer.
   *
   * @param plot what to play
   * @param bounds how far
   */
  public Explorer(Plot plot, Bounds bounds) {
    this.plot = plot;
    this.bounds = bounds;
    this.reduced = bounds.reduced() && bounds.preemptions() < 0;
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
      while (!untried.isEmpty() && schedules < bounds.schedules() && !isOver()) {
        for (Result result : inParallel(threads, round())) {
          merge(result);
        }
        progress.at(schedules, graph.size(), untried.size());
      }
      ImmutableList<Walk> walks =
          isOver() || (untried.isEmpty() && bounds.preemptions() < 0)
              ? ImmutableList.of()
              : inParallel(threads, bounds.walks(), this::walk);
      return new Results(plot, bounds, graph, schedules, inferred, walks).tell();
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
      add(path.look(), -1, 0);
    }
    schedules++;
  }

  /** The next moves to try, those found first before others. */
  private ImmutableList<Callable<Result>> round() {
    int size = Math.max(SMALLEST_ROUND, Math.min(LARGEST_ROUND, untried.size() / 4));
    size = (int) Math.min(size, bounds.schedules() - schedules);
    ImmutableList.Builder<Callable<Result>> round = ImmutableList.builder();
    List<Untried> waiting = new ArrayList<>();
    int tasks = 0;
    while (tasks < size && !untried.isEmpty()) {
      Untried next = untried.remove();
      if (isKnown(next)) {
        continue;
      }
      if (reduced && graph.willBeInferred(next.state(), next.move())) {
        waiting.add(next);
        continue;
      }
      round.add(task(next));
      tasks++;
    }
    if (tasks == 0) { // they wait for each other
      for (Untried next : waiting.subList(0, Math.min(size, waiting.size()))) {
        round.add(task(next));
      }
      waiting.subList(0, Math.min(size, waiting.size())).clear();
    }
    untried.addAll(waiting);
    return round.build();
  }

  private boolean isKnown(Untried next) {
    if (graph.node(next.state()).next[next.move()] != StateGraph.UNKNOWN) {
      return true;
    }
    int leads = reduced ? graph.inferred(next.state(), next.move()) : StateGraph.UNKNOWN;
    if (leads == StateGraph.UNKNOWN) {
      return false;
    }
    graph.link(next.state(), next.move(), leads);
    inferred++;
    return true;
  }

  private Callable<Result> task(Untried next) {
    return () -> play(new Task(next, graph.pathTo(next.state())));
  }

  /** Plays one schedule. Reads the graph, which does not change during a round. */
  private Result play(Task task) {
    if (isOver()) {
      return new Result(task, ImmutableList.of());
    }
    try (Path path = new Path(plot, bounds)) {
      task.way().forEach(path::take);
      List<Seen> seen = new ArrayList<>();
      Set<HashCode> mine = new HashSet<>();
      int move = task.start().move();
      while (true) {
        path.take(path.moves().get(move));
        Seen here = path.look();
        seen.add(here);
        if (here.moves().isEmpty() || graph.knows(here.key()) || !mine.add(here.key())) {
          return new Result(task, seen);
        }
        move = 0;
      }
    }
  }

  private void merge(Result result) {
    if (result.seen().isEmpty()) {
      return; // it was over before this one began: the move stays untried
    }
    schedules++;
    int from = result.task().start().state();
    int move = result.task().start().move();
    for (Seen seen : result.seen()) {
      from = add(seen, from, move);
      move = 0;
    }
  }

  private int add(Seen seen, int from, int move) {
    boolean isNew = graph.add(seen, from, move);
    int number = graph.number(seen.key());
    if (isNew) {
      Node node = graph.node(number);
      for (int i = 0; i < node.moves.size(); i++) {
        untried.add(new Untried(number, i));
      }
    }
    return number;
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
