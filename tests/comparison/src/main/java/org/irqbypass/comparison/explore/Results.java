package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedMap;
import java.math.BigInteger;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.TreeMap;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.comparison.explore.StateGraph.Arrival;
import org.irqbypass.comparison.explore.StateGraph.Breach;
import org.irqbypass.comparison.explore.StateGraph.Node;
import org.jspecify.annotations.Nullable;

/**
 * Reads a graph of states: how many ways lead to which ending, and which is the shortest to each.
 */
final class Results {
  /** What deferred work must not do. */
  private static final String ENDLESS = "work-ends";

  private static final long UNKNOWN = 1L << 63;

  /** So many different states of forwarding are told apart. */
  private static final int MOST_STATES = 62;

  private final Plot plot;
  private final Bounds bounds;
  private final StateGraph graph;
  private final long untried;
  private final long schedules;
  private final ImmutableList<Walk> walks;

  /** All states, each before those that it leads to. */
  private final int[] order;

  private final int[] distance;
  private final int[] switches;

  /** By which move, from which state, the shortest way comes. */
  private final int[] from;

  private final int[] by;
  private @Nullable Arrival circle;

  Results(Plot plot, Bounds bounds, StateGraph graph, long schedules, ImmutableList<Walk> walks) {
    this.plot = plot;
    this.bounds = bounds;
    this.graph = graph;
    this.untried = graph.untried();
    this.schedules = schedules;
    this.walks = walks;
    int size = graph.size();
    this.order = new int[size];
    this.distance = new int[size];
    this.switches = new int[size];
    this.from = new int[size];
    this.by = new int[size];
    sort();
    measure();
  }

  Exploration tell() {
    Census census = census();
    return new Exploration(
        plot.scenario().name(),
        plot.contender(),
        census,
        sampled(),
        coverage(),
        violations(),
        differences(census));
  }

  /** Depth first: a state is put before all it leads to. */
  private void sort() {
    int size = graph.size();
    byte[] seen = new byte[size]; // 1: on the way, 2: done
    Deque<int[]> stack = new ArrayDeque<>();
    int place = size;
    stack.push(new int[] {0, 0});
    seen[0] = 1;
    while (!stack.isEmpty()) {
      int[] top = stack.element();
      int[] next = graph.node(top[0]).next;
      if (top[1] == next.length) {
        seen[top[0]] = 2;
        order[--place] = top[0];
        stack.pop();
        continue;
      }
      int to = next[top[1]++];
      if (to != StateGraph.UNKNOWN && seen[to] == 0) {
        seen[to] = 1;
        stack.push(new int[] {to, 0});
      } else if (to != StateGraph.UNKNOWN && seen[to] == 1 && circle == null) {
        circle = new Arrival(top[0], top[1] - 1, "the same state comes again and again");
      }
    }
  }

  /** How far each state is from the beginning: first in moves, then in changes of the actor. */
  private void measure() {
    Arrays.fill(distance, Integer.MAX_VALUE);
    Deque<Integer> reached = new ArrayDeque<>();
    distance[0] = 0;
    from[0] = -1;
    reached.add(0);
    while (!reached.isEmpty()) {
      int at = reached.remove();
      Node node = graph.node(at);
      for (int move = 0; move < node.next.length; move++) {
        int to = node.next[move];
        if (to == StateGraph.UNKNOWN) {
          continue;
        }
        int changes = switches[at] + (isChange(at, move) ? 1 : 0);
        if (distance[to] == Integer.MAX_VALUE) {
          reached.add(to);
        } else if (distance[to] <= distance[at] || switches[to] <= changes) {
          continue;
        }
        distance[to] = distance[at] + 1;
        switches[to] = changes;
        from[to] = at;
        by[to] = move;
      }
    }
  }

  private boolean isChange(int at, int move) {
    return from[at] >= 0
        && !graph
            .node(from[at])
            .moves
            .get(by[at])
            .actor()
            .equals(graph.node(at).moves.get(move).actor());
  }

  private Census census() {
    BigInteger[] ways = new BigInteger[graph.size()];
    Arrays.fill(ways, BigInteger.ZERO);
    ways[0] = BigInteger.ONE;
    Map<Ending, BigInteger> endings = new LinkedHashMap<>();
    for (int at : order) {
      Node node = graph.node(at);
      for (int to : node.next) {
        if (to != StateGraph.UNKNOWN) {
          ways[to] = ways[to].add(ways[at]);
        }
      }
      if (node.ending != null) {
        endings.merge(node.ending, ways[at], BigInteger::add);
      }
    }
    return census(endings);
  }

  private static Census census(Map<Ending, BigInteger> endings) {
    return new Census(
        endings.entrySet().stream()
            .map(each -> new Census.Share(each.getKey(), each.getValue()))
            .sorted(
                Comparator.comparing(Census.Share::orders)
                    .reversed()
                    .thenComparing(share -> share.ending().toString()))
            .collect(ImmutableList.toImmutableList()));
  }

  private Census sampled() {
    Map<Ending, BigInteger> endings = new LinkedHashMap<>();
    for (Walk walk : walks) {
      if (walk.ending() != null) {
        endings.merge(walk.ending(), BigInteger.ONE, BigInteger::add);
      }
    }
    return census(endings);
  }

  private Coverage coverage() {
    double[] share = new double[graph.size()];
    share[0] = 1;
    double ended = 0;
    for (int at : order) {
      Node node = graph.node(at);
      for (int to : node.next) {
        if (to != StateGraph.UNKNOWN) {
          share[to] += share[at] / node.next.length;
        }
      }
      ended += node.ending == null ? 0 : share[at];
    }
    ImmutableList.Builder<String> left = ImmutableList.builder();
    if (untried > 0) {
      left.add(
          String.format(
              Locale.ROOT,
              "After %,d runs %,d moves were known and not tried; what they lead to was not"
                  + " explored.",
              schedules,
              untried));
    }
    if (bounds.preemptions() >= 0) {
      left.add(
          "Orders in which actors are interrupted more than "
              + bounds.preemptions()
              + " times were not explored.");
    }
    int fixed =
        plot.scenario().explore().from()
            + plot.scenario().steps().size()
            - plot.scenario().explore().until();
    if (fixed > 0) {
      left.add(
          String.format(
              Locale.ROOT,
              "%,d of %,d steps were taken only in the order in which they are written.",
              fixed,
              plot.scenario().steps().size()));
    }
    return new Coverage(
        untried == 0 && bounds.preemptions() < 0,
        schedules,
        graph.size(),
        graph.steps(),
        graph.inferred(),
        untried,
        untried == 0 ? 1 : Math.min(1, ended),
        walks.size(),
        left.build());
  }

  private ImmutableList<Counterexample> violations() {
    Map<String, Counterexample> found = new TreeMap<>();
    graph
        .breaches()
        .forEach(
            (property, arrivals) -> {
              Arrival nearest = nearest(arrivals);
              found.put(property, counterexample(property, nearest));
            });
    if (circle != null) {
      found.put(ENDLESS, counterexample(ENDLESS, circle));
    }
    for (Walk walk : walks) {
      for (Breach breach : walk.breaches()) {
        found.computeIfAbsent(
            breach.property(), any -> Telling.of(plot, any, breach.what(), walk.schedule()));
      }
    }
    return ImmutableList.copyOf(found.values());
  }

  private Arrival nearest(List<Arrival> arrivals) {
    return arrivals.stream()
        .min(
            Comparator.comparingInt((Arrival at) -> at.from() < 0 ? -1 : distance[at.from()])
                .thenComparingInt(at -> at.from() < 0 ? -1 : switches[at.from()]))
        .orElseThrow();
  }

  private Counterexample counterexample(String property, Arrival arrival) {
    ImmutableList.Builder<String> actors = ImmutableList.builder();
    if (arrival.from() >= 0) {
      actors.addAll(shortestTo(arrival.from()));
      actors.add(graph.node(arrival.from()).moves.get(arrival.move()).actor());
    }
    return Telling.of(plot, property, arrival.what(), new Schedule(actors.build()));
  }

  private ImmutableList<String> shortestTo(int state) {
    List<String> actors = new ArrayList<>();
    for (int at = state; from[at] >= 0; at = from[at]) {
      actors.add(0, graph.node(from[at]).moves.get(by[at]).actor());
    }
    return ImmutableList.copyOf(actors);
  }

  /**
   * For each state of forwarding in which orders end, a shortest order that cannot end otherwise.
   */
  private ImmutableList<Counterexample> differences(Census census) {
    if (census.isConfluent()) {
      return ImmutableList.of();
    }
    List<ImmutableSortedMap<Interrupt, Boolean>> states = new ArrayList<>();
    long[] reachable = new long[graph.size()];
    for (int i = order.length - 1; i >= 0; i--) {
      Node node = graph.node(order[i]);
      long mask = 0;
      for (int to : node.next) {
        mask |= to == StateGraph.UNKNOWN ? UNKNOWN : reachable[to];
      }
      if (node.ending != null) {
        ImmutableSortedMap<Interrupt, Boolean> ended = node.ending.forwarding();
        if (!states.contains(ended) && states.size() < MOST_STATES) {
          states.add(ended);
        }
        int number = states.indexOf(ended);
        mask |= number < 0 ? UNKNOWN : 1L << number;
      }
      reachable[order[i]] = mask;
    }
    long[] first = endingsByFirstMoves(states);
    ImmutableList.Builder<Counterexample> found = ImmutableList.builder();
    for (int number = 0; number < states.size(); number++) {
      int decided = nearest(reachable, 1L << number);
      int nearest = untried == 0 ? decided : nearest(first, 1L << number);
      if (nearest >= 0) {
        found.add(
            Telling.of(
                plot,
                "confluence",
                Telling.forwarding(states.get(number))
                    + (nearest == decided
                        ? ", whatever comes next"
                        : ", if the first move that is open is made from there on"),
                new Schedule(shortestTo(nearest))));
      }
    }
    return found.build();
  }

  /** The nearest of the states that have a mark. */
  private int nearest(long[] marks, long mark) {
    int nearest = -1;
    for (int at = 0; at < graph.size(); at++) {
      if (marks[at] == mark && (nearest < 0 || isNearer(at, nearest))) {
        nearest = at;
      }
    }
    return nearest;
  }

  /** How each state ends if always the first move is made, as every schedule was played. */
  private long[] endingsByFirstMoves(List<ImmutableSortedMap<Interrupt, Boolean>> states) {
    long[] ends = new long[graph.size()];
    for (int i = order.length - 1; i >= 0; i--) {
      Node node = graph.node(order[i]);
      if (node.ending != null) {
        int number = states.indexOf(node.ending.forwarding());
        ends[order[i]] = number < 0 ? UNKNOWN : 1L << number;
      } else {
        int to = node.next[0];
        ends[order[i]] = to == StateGraph.UNKNOWN ? UNKNOWN : ends[to];
      }
    }
    return ends;
  }

  private boolean isNearer(int at, int other) {
    return distance[at] < distance[other]
        || (distance[at] == distance[other] && switches[at] < switches[other]);
  }
}
