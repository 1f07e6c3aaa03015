package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import com.google.common.hash.HashCode;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** The states that were seen, and which move leads from one to which other. For one thread. */
final class StateGraph {
  /** Where a move leads that was not tried. */
  static final int UNKNOWN = -1;

  /** What was seen of a state. */
  static final class Node {
    final ImmutableList<Move> moves;
    final int[] next;

    /** A way to come here. */
    final int parent;

    final int parentMove;
    final @Nullable Ending ending;

    Node(Seen seen, int parent, int parentMove) {
      this.moves = seen.moves();
      this.next = new int[moves.size()];
      this.parent = parent;
      this.parentMove = parentMove;
      this.ending = seen.ending();
      Arrays.fill(next, UNKNOWN);
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
      HashCode key,
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

  private final Map<String, List<Arrival>> breaches = new TreeMap<>();
  private final List<Node> nodes = new ArrayList<>();
  private final Map<HashCode, Integer> byKey = new HashMap<>();
  private long steps;

  /** Takes note of a state, and says whether it is new. */
  boolean add(Seen seen, int parent, int parentMove) {
    int number = nodes.size();
    Integer before = byKey.putIfAbsent(seen.key(), number);
    if (before == null) {
      nodes.add(new Node(seen, parent, parentMove));
    }
    for (Breach breach : seen.breaches()) {
      breaches
          .computeIfAbsent(breach.property(), any -> new ArrayList<>())
          .add(new Arrival(parent, parentMove, breach.what()));
    }
    link(parent, parentMove, before == null ? number : before);
    return before == null;
  }

  /** Takes note of where a move leads. */
  void link(int from, int move, int to) {
    if (from >= 0 && nodes.get(from).next[move] == UNKNOWN) {
      nodes.get(from).next[move] = to;
      steps++;
    }
  }

  Node node(int number) {
    return nodes.get(number);
  }

  int number(HashCode key) {
    return byKey.getOrDefault(key, UNKNOWN);
  }

  /** Whether a state is known; safe for many threads while nothing is added. */
  boolean knows(HashCode key) {
    return byKey.containsKey(key);
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
    return nodes.stream()
        .flatMapToInt(node -> Arrays.stream(node.next))
        .filter(to -> to == UNKNOWN)
        .count();
  }

  long steps() {
    return steps;
  }

  /** The moves that lead to a state, by the way it was first reached. */
  List<Move> pathTo(int number) {
    List<Move> path = new ArrayList<>();
    for (int at = number; nodes.get(at).parent >= 0; at = nodes.get(at).parent) {
      Node parent = nodes.get(nodes.get(at).parent);
      path.add(0, parent.moves.get(nodes.get(at).parentMove));
    }
    return path;
  }

  /**
   * Where a move leads, if that follows from what is known: this state was reached by a move that
   * can change places with it, and the other order was tried.
   */
  int inferred(int number, int move) {
    Node node = nodes.get(number);
    int other = crossing(node, move);
    if (other == UNKNOWN) {
      return UNKNOWN;
    }
    Node across = nodes.get(other);
    Move came = nodes.get(node.parent).moves.get(node.parentMove);
    int same = indexOf(across.moves, came);
    return same < 0 ? UNKNOWN : across.next[same];
  }

  /**
   * Whether it is worth waiting until that follows: of two moves that can change places, the order
   * is played in which the one comes first that its actors' order puts first.
   */
  boolean willBeInferred(int number, int move) {
    Node node = nodes.get(number);
    int instead = commuting(node, move);
    return instead >= 0 && instead < node.parentMove;
  }

  /**
   * From which state the move that led here is to be tried, so that where {@code move} leads from
   * here is known.
   */
  private int crossing(Node node, int move) {
    int instead = commuting(node, move);
    return instead < 0 ? UNKNOWN : nodes.get(node.parent).next[instead];
  }

  /** Which of its parent's moves is one that could as well have been made first; or -1. */
  private int commuting(Node node, int move) {
    if (node.parent < 0) {
      return -1;
    }
    Node parent = nodes.get(node.parent);
    int before = indexOf(parent.moves, node.moves.get(move));
    return before >= 0
            && parent.moves.get(before).isIndependentOf(parent.moves.get(node.parentMove))
            && !(defers(parent, node) && defersKnown(parent, before))
        ? before
        : -1;
  }

  private boolean defersKnown(Node parent, int move) {
    int next = parent.next[move];
    return next != UNKNOWN && defers(parent, nodes.get(next));
  }

  /** Whether other work is queued than before: two that queue some do so in their order. */
  private static boolean defers(Node before, Node after) {
    return !work(before).equals(work(after));
  }

  private static ImmutableList<String> work(Node node) {
    return node.moves.stream()
        .filter(move -> move.actor().startsWith(Play.WORK))
        .map(Move::step)
        .collect(ImmutableList.toImmutableList());
  }

  private static int indexOf(ImmutableList<Move> moves, Move wanted) {
    for (int i = 0; i < moves.size(); i++) {
      if (moves.get(i).isSame(wanted)) {
        return i;
      }
    }
    return -1;
  }
}
