package org.irqbypass.comparison.demo;

/** What a person asks for. */
enum Key {
  /** The next scene. */
  FORWARD,
  /** The scene before. */
  BACK,
  /** The first scene. */
  FIRST,
  /** The last scene. */
  LAST,
  /** The first scene of the next phase. */
  NEXT_PHASE,
  /** The same again: the terminal has another size, or the key means nothing. */
  REDRAW,
  /** No more. */
  QUIT;

  /** The scene after a key. */
  int from(int at, Show show) {
    int last = show.scenes().size() - 1;
    return switch (this) {
      case FORWARD -> Math.min(at + 1, last);
      case BACK -> Math.max(at - 1, 0);
      case FIRST -> 0;
      case LAST -> last;
      case NEXT_PHASE -> show.nextPhase(at);
      case REDRAW, QUIT -> at;
    };
  }
}
