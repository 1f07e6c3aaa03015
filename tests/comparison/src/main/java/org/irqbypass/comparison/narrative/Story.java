package org.irqbypass.comparison.narrative;

import com.google.common.collect.ImmutableList;

/**
 * What one step of a run looks like.
 *
 * @param sort how it is shown among others
 * @param label what it is called when it is only counted
 * @param messages its arrows
 * @param tally what it adds to its phase
 */
public record Story(Sort sort, String label, ImmutableList<Message> messages, Tally tally) {
  /** How steps are shown. */
  public enum Sort {
    /** Where a phase begins; the label is its name. */
    MARK,
    /** A call that matters here: always shown. */
    CALL,
    /** A call that is made in any case and does not matter here: counted. */
    QUIET,
    /** Interrupts and what guests do with them: repetitions are counted. */
    TRAFFIC
  }
}
