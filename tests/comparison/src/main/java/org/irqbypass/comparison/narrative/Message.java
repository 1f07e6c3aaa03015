package org.irqbypass.comparison.narrative;

/**
 * An arrow of a sequence diagram.
 *
 * @param from where it starts
 * @param to where it ends
 * @param text beside it
 * @param kind what it is about
 */
public record Message(Lane from, Lane to, String text, Kind kind) {
  /** What an arrow is about: decides its colour. */
  public enum Kind {
    /** A call, or what it leads to. */
    PLAIN,
    /** Calls that are only counted. */
    ASIDE,
    /** A call that is there only for forwarding. */
    FORWARDING,
    /** An interrupt that bypasses the host. */
    BYPASSED,
    /** An interrupt on the way through the host. */
    SOFTWARE,
    /** Something was refused. */
    REFUSED
  }

  /** The same arrow, seen several times. */
  Message times(int times) {
    return new Message(from, to, text + "  x" + times, kind);
  }
}
