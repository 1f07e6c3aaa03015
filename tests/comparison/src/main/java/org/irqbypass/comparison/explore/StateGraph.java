package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * The states that were seen, and which move leads from one to which other. Where two moves can
 * change places and three of the four steps are known, so is the fourth. For one thread.
 */
final class StateGraph {
  /** Where a move leads that was not tried. */
  static final int UNKNOWN = -1;

  /** How many known moves a run makes to come to one that was not tried, before it ends. */
  private static final int LOOK_AHEAD = 2;

  /** What was seen of a state. */
  static final class Node {
    final ImmutableList<Move> moves;
    final int[] next;

    /** A way to come here. */
    final int parent;

    final int parentMove;
    final @Nullable Ending ending;
    final Choice choice;

    /** All known ways to come here: from which state, by which of its moves, and so on. */
    private int[] arrivals = {};

    private int arrived;

    /** Moves that are likely to follow from others: a bit each. */
    private long lazy;

    /** How many moves are left to try besides these. */
    private int wanted;

    Node(Choice choice, @Nullable Ending ending, int parent, int parentMove) {
      this.choice = choice;
      this.moves = choice.moves();
      this.next = new int[moves.size()];
      this.parent = parent;
      this.parentMove = parentMove;
      this.ending = ending;
      Arrays.fill(next, UNKNOWN);
      this.wanted = next.length;
    }

    /** Whether it is worth waiting until it follows where a move leads. */
    boolean isLazy(int move) {
      return move < Long.SIZE && (lazy >>> move & 1) != 0;
    }

    private void arrive(int from, int move) {
      if (arrivals.length == 2 * arrived) {
        arrivals = Arrays.copyOf(arrivals, Math.max(4, 4 * arrived));
      }
      arrivals[2 * arrived] = from;
      arrivals[2 * arrived + 1] = move;
      arrived++;
    }

    private void waitWith(long moves) {
      for (int move = 0; move < next.length; move++) {
        if ((moves >>> move & 1) != 0 && next[move] == UNKNOWN && !isLazy(move)) {
          lazy |= 1L << move;
          wanted--;
        }
      }
    }
  }

  /** A property that does not hold. */
  record Breach(String property, String what) {}

  /**
   * What a run saw when it came to a state.
   *
   * @param key by which it is known again
   * @param moves what can be done there
   * @param ending what it came to, if it is over
   * @param breaches which properties do not hold there
   */
  record Seen(
      StateKey key,
      ImmutableList<Move> moves,
      @Nullable Ending ending,
      ImmutableList<Breach> breaches) {}

  /**
   * Where a property was found not to hold.
   *
   * @param from the state before; -1 at the beginning
   * @param move what was done there
   * @param what what is wrong
   */
  record Arrival(int from, int move, String what) {}

  /** A step that was not known before. */
  private record Link(int from, int move, int to) {}

  private final Map<String, List<Arrival>> breaches = new TreeMap<>();
  private final List<Node> nodes = new ArrayList<>();
  private final Map<StateKey, Integer> byKey = new HashMap<>();

  /** Most states leave the same choice as some other: they share it. */
  private final Map<ImmutableList<Move>, Choice> choices = new ConcurrentHashMap<>();

  private final Map<String, Integer> numbers = new ConcurrentHashMap<>();
  private final AtomicInteger lastNumber = new AtomicInteger();

  /** Of which it was not seen yet what follows from them. */
  private final Deque<Link> fresh = new ArrayDeque<>();

  private final boolean reduced;
  private long steps;
  private long untried;
  private long inferred;

  /**
   * Makes an empty graph.
   *
   * @param reduced whether steps are inferred
   */
  StateGraph(boolean reduced) {
    this.reduced = reduced;
  }

  /**
   * Takes note of a state that is not known yet.
   *
   * @param choice what can be done there
   * @return its number
   */
  @CanIgnoreReturnValue
  int add(Seen seen, Choice choice, int parent, int parentMove) {
    int number = nodes.size();
    byKey.put(seen.key(), number);
    nodes.add(new Node(choice, seen.ending(), parent, parentMove));
    untried += choice.size();
    arrive(number, seen, parent, parentMove);
    return number;
  }

  /** Takes note of what was seen when a run came to a known state. */
  void arrive(int number, Seen seen, int from, int move) {
    for (Breach breach : seen.breaches()) {
      breaches
          .computeIfAbsent(breach.property(), any -> new ArrayList<>())
          .add(new Arrival(from, move, breach.what()));
    }
    if (from >= 0) {
      link(from, move, number);
    }
    for (Link link = fresh.poll(); link != null; link = fresh.poll()) {
      follow(link);
    }
  }

  /** What can be done, as other states have it. Safe for many threads. */
  Choice choice(ImmutableList<Move> moves) {
    Choice known = choices.get(moves); // which locks nothing, unlike computeIfAbsent
    return known == null
        ? choices.computeIfAbsent(moves, open -> new Choice(open, this::number))
        : known;
  }

  private int number(Move move) {
    return numbers.computeIfAbsent(
        move.actor() + ' ' + move.step(), any -> lastNumber.incrementAndGet());
  }

  /** Takes note of where a move leads. */
  private void link(int from, int move, int to) {
    Node node = nodes.get(from);
    if (node.next[move] != UNKNOWN) {
      return;
    }
    node.next[move] = to;
    node.wanted -= node.isLazy(move) ? 0 : 1;
    steps++;
    untried--;
    if (reduced) {
      Node reached = nodes.get(to);
      reached.arrive(from, move);
      if (reached.wanted > 0) {
        reached.waitWith(node.choice.lazy(move, reached.choice));
      }
      fresh.add(new Link(from, move, to));
    }
  }

  private void infer(int from, int move, int to) {
    if (nodes.get(from).next[move] == UNKNOWN) {
      inferred++;
      link(from, move, to);
    }
  }

  /** Takes note of what follows from a step together with those that were known. */
  private void follow(Link link) {
    Node from = nodes.get(link.from());
    for (int i = 0; i < from.arrived; i++) {
      Node before = nodes.get(from.arrivals[2 * i]);
      int came = from.arrivals[2 * i + 1];
      int instead = before.choice.indexOf(from.choice, link.move());
      if (instead >= 0 && canChangePlaces(before, came, instead)) {
        int across = before.next[instead];
        int same = nodes.get(across).choice.indexOf(before.choice, came);
        if (same >= 0) {
          infer(across, same, link.to());
        }
      }
    }
    Node to = nodes.get(link.to());
    for (int other = 0; other < from.next.length; other++) {
      if (canChangePlaces(from, other, link.move())) {
        Node across = nodes.get(from.next[other]);
        int same = across.choice.indexOf(from.choice, link.move());
        int then = to.choice.indexOf(from.choice, other);
        if (same >= 0 && then >= 0 && to.next[then] != UNKNOWN) {
          infer(from.next[other], same, to.next[then]);
        } else if (same >= 0 && then >= 0 && across.next[same] != UNKNOWN) {
          infer(link.to(), then, across.next[same]);
        }
      }
    }
  }

  /** Whether two moves that were both tried lead to the same state in either order. */
  private boolean canChangePlaces(Node node, int a, int b) {
    int byA = node.next[a];
    int byB = node.next[b];
    return node.choice.areIndependent(a, b)
        && byA != UNKNOWN
        && byB != UNKNOWN
        && !(node.choice.hasOtherWork(nodes.get(byA).choice)
            && node.choice.hasOtherWork(nodes.get(byB).choice));
  }

  Node node(int number) {
    return nodes.get(number);
  }

  /** Which state it is, or {@link #UNKNOWN}; safe for many threads while nothing is added. */
  int number(StateKey key) {
    return byKey.getOrDefault(key, UNKNOWN);
  }

  /**
   * By which move to go on, for a run that happens to be at a state: one that was not tried, or
   * that leads to where there is one. Safe for many threads while nothing is added.
   *
   * @param number the state
   * @param draw which of them; runs that come there at the same time had better not all make the
   *     same
   * @return a move, or {@link #UNKNOWN} if there is none
   */
  int worthwhile(int number, int draw) {
    return worthwhile(nodes.get(number), draw, LOOK_AHEAD);
  }

  private int worthwhile(Node node, int draw, int depth) {
    int count = node.next.length;
    for (int i = 0; node.wanted > 0 && i < count; i++) {
      int move = (i + draw) % count;
      if (node.next[move] == UNKNOWN && !node.isLazy(move)) {
        return move;
      }
    }
    for (int i = 0; depth > 0 && i < count; i++) {
      int move = (i + draw) % count;
      int to = node.next[move];
      if (to != UNKNOWN && worthwhile(nodes.get(to), draw, depth - 1) != UNKNOWN) {
        return move;
      }
    }
    return UNKNOWN;
  }

  /** The same for a state that was not known when the run came to it. */
  int worthwhile(Choice from, int made, Choice here) {
    long lazy = reduced ? from.lazy(made, here) : 0;
    int first = Long.numberOfTrailingZeros(~lazy);
    return first < here.size() ? first : UNKNOWN;
  }

  /** Where each property was found not to hold. */
  Map<String, List<Arrival>> breaches() {
    return breaches;
  }

  int size() {
    return nodes.size();
  }

  /** How many moves there are of which it is not known where they lead. */
  long untried() {
    return untried;
  }

  long steps() {
    return steps;
  }

  /** How many of the steps were not made. */
  long inferred() {
    return inferred;
  }

  /** The moves that lead to a state, by the way it was first reached. */
  List<Move> pathTo(int number) {
    List<Move> path = new ArrayList<>();
    for (int at = number; nodes.get(at).parent >= 0; at = nodes.get(at).parent) {
      Node parent = nodes.get(nodes.get(at).parent);
      path.add(parent.moves.get(nodes.get(at).parentMove));
    }
    Collections.reverse(path);
    return path;
  }
}
