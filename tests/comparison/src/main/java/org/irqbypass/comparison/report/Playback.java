package org.irqbypass.comparison.report;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.narrative.Message;
import org.irqbypass.comparison.snapshot.Snapshot;
import org.jspecify.annotations.Nullable;

/**
 * The runs of a scenario's contenders next to each other, to be stepped through. A step that a
 * contender adds has a frame in which the others do nothing.
 *
 * @param frames in order
 * @param leftOut how many steps of the scenario have no frame, because they repeat others or change
 *     nothing
 */
public record Playback(ImmutableList<Frame> frames, int leftOut) {
  /** Nothing to be seen. */
  public static final Playback EMPTY = new Playback(ImmutableList.of(), 0);

  /**
   * One position in the scenario.
   *
   * @param actor who acts
   * @param phase the text of the last mark
   * @param skipped how many steps were left out before this one
   * @param moments what each contender does here; those that do nothing are left out
   */
  public record Frame(
      String actor, String phase, int skipped, ImmutableMap<Contender, Moment> moments) {}

  /**
   * What one contender does at a position.
   *
   * @param step the number of the step in its run
   * @param call what it runs, as a scenario writes it
   * @param kind what it is about
   * @param errno what it was refused with; null if it succeeded
   * @param caption what it is and came to, in a line
   * @param why what asked for a call that is there only for forwarding; null for any other
   * @param changes what the host looks like now, as far as that has changed since the frame before
   */
  public record Moment(
      int step,
      String call,
      Message.Kind kind,
      @Nullable String errno,
      String caption,
      @Nullable String why,
      Snapshot.Changes changes) {}
}
