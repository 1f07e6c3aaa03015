package org.irqbypass.comparison.explore;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;

/**
 * Who makes each move, in order; written as {@code vmm:3,device,work.1,guest:2}: a number behind a
 * colon is how often in a row. Immutable.
 *
 * @param actors one for each move
 */
public record Schedule(ImmutableList<String> actors) {
  private static final Splitter TURNS = Splitter.on(',').trimResults().omitEmptyStrings();

  /** A text that is no schedule. */
  public static final class MalformedException extends IllegalArgumentException {
    private static final long serialVersionUID = 1;

    private MalformedException(String turn) {
      super("\"" + turn + "\" is no turn of a schedule, expected ACTOR or ACTOR:TIMES");
    }
  }

  /** A schedule may have this many moves. */
  private static final int MOST_MOVES = 1_000_000;

  /**
   * Reads a schedule.
   *
   * @param text as {@link #toString()} writes it
   * @return the schedule
   * @throws MalformedException if it is none
   */
  public static Schedule parse(String text) {
    ImmutableList.Builder<String> actors = ImmutableList.builder();
    int moves = 0;
    for (String turn : TURNS.split(text)) {
      int colon = turn.indexOf(':');
      int times = 1;
      if (colon >= 0) {
        try {
          times = Integer.parseInt(turn.substring(colon + 1));
        } catch (NumberFormatException notANumber) {
          throw new MalformedException(turn);
        }
      }
      moves += times;
      if (colon == 0 || times < 1 || times > MOST_MOVES || moves > MOST_MOVES) {
        throw new MalformedException(turn);
      }
      for (int i = 0; i < times; i++) {
        actors.add(colon < 0 ? turn : turn.substring(0, colon));
      }
    }
    return new Schedule(actors.build());
  }

  @Override
  public String toString() {
    List<String> turns = new ArrayList<>();
    for (int i = 0; i < actors.size(); ) {
      int from = i;
      while (i < actors.size() && actors.get(i).equals(actors.get(from))) {
        i++;
      }
      turns.add(actors.get(from) + (i - from == 1 ? "" : ":" + (i - from)));
    }
    return String.join(",", turns);
  }
}
