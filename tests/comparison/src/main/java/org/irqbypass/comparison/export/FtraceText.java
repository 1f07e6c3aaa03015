package org.irqbypass.comparison.export;

import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;

/**
 * Writes a run as ftrace prints a trace: what a kernel would show, with Linux's names, between
 * marks for what userspace, devices and guests do. Viewers of such text make slices of the marks.
 */
final class FtraceText {
  private static final String HEAD =
      """
      # tracer: nop
      #
      #                                _-----=> irqs-off/BH-disabled
      #                               / _----=> need-resched
      #                              | / _---=> hardirq/softirq
      #                              || / _--=> preempt-depth
      #                              ||| / _-=> migrate-disable
      #                              |||| /     delay
      #           TASK-PID     CPU#  |||||  TIMESTAMP  FUNCTION
      #              | |         |   |||||     |         |
      """;

  private final StringBuilder text = new StringBuilder(HEAD);
  private final Map<Track, Integer> pids = new LinkedHashMap<>();

  private FtraceText() {}

  /** The trace of a run. */
  static String of(Journal journal) {
    FtraceText trace = new FtraceText();
    journal.entries().forEach(trace::step);
    return trace.text.toString();
  }

  private void step(Journal.Entry entry) {
    Track track = entry.track();
    if (entry.isMark()) {
      String phase = entry.step().operation().text("text", "");
      mark(track, entry.span().begin(), "I|" + pid(track) + "|" + phase);
      return;
    }
    String errno =
        entry.step().outcome().errno() == null ? "" : " = " + entry.step().outcome().errno();
    String operation = entry.step().operation().toText() + errno;
    mark(track, entry.span().begin(), "B|" + pid(track) + "|" + operation);
    for (Journal.Moment moment : entry.moments()) {
      Tracepoint tracepoint = moment.tracepoint();
      if (tracepoint != null) {
        line(moment.track(), moment.nanos(), tracepoint);
      }
    }
    mark(track, entry.span().end(), "E|" + pid(track));
  }

  private void mark(Track track, long nanos, String what) {
    line(track, nanos, new Tracepoint("tracing_mark_write", what.replaceAll("\\R", " ")));
  }

  private void line(Track track, long nanos, Tracepoint what) {
    boolean interrupt = track.equals(Tracks.HANDLERS) || track.equals(Tracks.CONTROLLER);
    text.append(
        String.format(
                Locale.ROOT,
                "%16s-%-7d [000] %s %5d.%06d: %s%n",
                task(track),
                pid(track),
                interrupt ? "d.h1." : ".....",
                nanos / 1_000_000_000,
                nanos / 1000 % 1_000_000,
                what)
            .replace(System.lineSeparator(), "\n"));
  }

  private int pid(Track track) {
    return pids.computeIfAbsent(track, any -> pids.size() + 1);
  }

  /** As long as the kernel allows, without what separates columns. */
  private static String task(Track track) {
    String task =
        track.thread().startsWith("vCPU ")
            ? "CPU " + track.thread().substring(5) + "/KVM"
            : track.thread();
    String whole = task.replace(' ', '_');
    return whole.substring(0, Math.min(whole.length(), 15));
  }
}
