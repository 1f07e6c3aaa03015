package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.jspecify.annotations.Nullable;

/** Compares what operations came to with what was recorded, as far as a level asks for. */
record Comparison(Level level, boolean session) {
  /** How results and outputs differ; null if they agree. */
  @Nullable Difference returned(RecordedOperation recorded, Answer got) {
    Answer expected = Answer.recorded(recorded);
    if (recorded.ret() != null && !same(expected.result(), got.result())) {
      return difference(recorded, expected.result(), got.result());
    }
    if (recorded.compareOutputs()
        && level.includes(Level.OUTPUTS)
        && !same(expected.out(), got.out())) {
      return difference(recorded, expected.resultAndOutputs(), got.resultAndOutputs());
    }
    return null;
  }

  /** Whether an operation's trace is compared. */
  boolean traces(RecordedOperation recorded) {
    return level.includes(Level.TRACE) && recorded.compareOutputs() && recorded.trace() != null;
  }

  /** How a trace differs from the recorded one; null if they agree. */
  @Nullable Difference traced(RecordedOperation recorded, ImmutableList<String> lines) {
    ImmutableList<String> trace = recorded.trace();
    if (trace == null || !traces(recorded)) {
      return null;
    }
    ImmutableList<String> expected = ComparedTrace.of(recorded.operation(), trace);
    ImmutableList<String> got = ComparedTrace.of(recorded.operation(), lines);
    if (expected.equals(got)) {
      return null;
    }
    int line = ComparedTrace.parting(expected, got);
    return difference(recorded, lineOf(expected, line), lineOf(got, line));
  }

  private static String lineOf(ImmutableList<String> trace, int line) {
    return traceLine(line, line <= trace.size() ? trace.get(line - 1) : null);
  }

  /** How people are told of a line of a trace; null: there is none. */
  static String traceLine(int number, @Nullable String line) {
    return "in line " + number + " of the trace " + (line == null ? "nothing more" : line);
  }

  static Difference difference(RecordedOperation recorded, String expected, String got) {
    return new Difference(
        recorded.caseName(), recorded.step(), recorded.operation(), expected, got);
  }

  /** A session shows of a call that succeeded only that it did: its result is 0, never more. */
  private boolean same(String recorded, String got) {
    Long number = session && recorded.equals("0") ? Numbers.parse(got) : null;
    return got.equals(recorded) || (number != null && number > 0);
  }

  /** A session shows what a system call wrote back, and not what its caller made of that. */
  private boolean same(ImmutableMap<String, Object> recorded, ImmutableMap<String, Object> got) {
    return recorded.equals(session ? ComparedOutputs.named(got, recorded) : got);
  }
}
