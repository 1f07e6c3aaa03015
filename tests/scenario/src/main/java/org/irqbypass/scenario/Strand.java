package org.irqbypass.scenario;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What one thread of the kernel did, as the lines of a trace, in order: a call, a handler, or one
 * run of deferred work. How many of its lines the recording has shown so far is remembered. Where
 * the thread waited for deferred work, all of that work's lines come before its next one.
 */
final class Strand {
  private final List<String> lines = new ArrayList<>();

  /** For each line, what had to be over before it; one more for the end. */
  private final List<List<Strand>> awaited = new ArrayList<>(List.of(new ArrayList<>()));

  private int shown;

  /** The line of the session that caused it. */
  private @Nullable RecordedOperation since;

  void since(RecordedOperation line) {
    if (since == null) {
      since = line;
    }
  }

  @Nullable RecordedOperation since() {
    return since;
  }

  void add(String line) {
    lines.add(line);
    awaited.add(new ArrayList<>());
  }

  /** The thread waits until another one has done its work. */
  void await(Strand other) {
    awaited.get(lines.size()).add(other);
  }

  /** Whether the recording has shown everything. */
  boolean isOver() {
    return shown == lines.size() && isDue();
  }

  private boolean isDue() {
    return awaited.get(shown).stream().allMatch(Strand::isOver);
  }

  /** The line that comes next; null if there is none, or none may come yet. */
  @Nullable String next() {
    return shown < lines.size() && isDue() ? lines.get(shown) : null;
  }

  /** The next line that is missing, its own or one of those it waits for; null if none is. */
  @Nullable String missing() {
    for (Strand other : awaited.get(shown)) {
      String line = other.missing();
      if (line != null) {
        return line;
      }
    }
    return next();
  }

  /** The recording shows the next line. */
  void show() {
    shown++;
  }

  /** Gives up: nothing more is expected of it, nor of those it waits for. */
  void abandon() {
    awaited.subList(shown, awaited.size()).forEach(others -> others.forEach(Strand::abandon));
    shown = lines.size();
  }

  /**
   * Takes over what was shown of another strand, and the other what was shown of this one: nobody
   * could tell them apart until this line.
   *
   * @return false if they can be told apart, or this one does not have that line next then
   */
  boolean isTakenFor(Strand other, String line) {
    int both = other.shown;
    if (both <= shown
        || both >= lines.size()
        || !lines.get(both).equals(line)
        || !lines.subList(0, both).equals(other.lines.subList(0, both))) {
      return false;
    }
    other.shown = shown;
    shown = both;
    return true;
  }
}
