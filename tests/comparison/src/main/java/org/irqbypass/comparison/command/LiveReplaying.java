package org.irqbypass.comparison.command;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSortedMap;
import java.util.List;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import org.irqbypass.comparison.catalogue.Catalogue;
import org.irqbypass.scenario.DeviceDescription;
import org.irqbypass.scenario.InputException;
import org.irqbypass.scenario.Level;
import org.irqbypass.scenario.Position;
import org.irqbypass.scenario.Recording;
import org.irqbypass.scenario.live.LiveDifference;
import org.irqbypass.scenario.live.LiveReplay;
import org.irqbypass.scenario.live.LiveReport;
import org.irqbypass.scenario.live.Twins;

/** Performs recordings on the kernel that runs: {@code replay --live}. */
final class LiveReplaying {
  private final Console console;
  private final Twins twins;
  private final Level level;
  private final Predicate<String> wanted;
  private final int shown;

  LiveReplaying(Console console, Twins twins, Level level, Predicate<String> wanted, int shown) {
    this.console = console;
    this.twins = twins;
    this.level = level;
    this.wanted = wanted;
    this.shown = shown;
  }

  int run(List<String> files, ImmutableMap<String, DeviceDescription> devices) {
    int cases = 0;
    int operations = 0;
    int leftOut = 0;
    int mismatches = 0;
    int done = 0;
    for (String file : files) {
      console.progress(done++, files.size(), file);
      LiveReport report;
      try (Recording recording = Catalogue.openRecording(file, devices)) {
        report = LiveReplay.run(recording, twins, level, wanted, shown);
      }
      console.progressDone();
      show(report);
      cases += report.cases();
      operations += report.operations();
      leftOut += report.leftOutOperations();
      mismatches += report.mismatches();
    }
    if (operations + leftOut == 0) {
      throw new InputException(
          new Position(String.join(", ", files), 0, 0), "there is no such case");
    }
    if (leftOut > 0) {
      console.out().printf("left out: %d operations%n", leftOut);
    }
    console.out().printf("cases=%d operations=%d mismatches=%d%n", cases, operations, mismatches);
    if (mismatches > 0) {
      return ExitStatus.MISMATCH;
    }
    return operations == 0 ? ExitStatus.UNAVAILABLE : ExitStatus.OK;
  }

  private void show(LiveReport report) {
    String source = report.source();
    report.differences().forEach(difference -> show(source, difference));
    showMore(source, report.mismatches() - report.differences().size());
    report.changed().stream()
        .filter(change -> !report.differences().contains(change))
        .forEach(change -> show(source, change));
    showMore(source, report.changes() - report.changed().size());
    console
        .out()
        .printf(
            "%s: %d cases, %d operations on kernel and model, %d mismatches%n",
            source, report.cases(), report.operations(), report.mismatches());
    if (report.comparable() > 0) {
      console
          .out()
          .printf(
              "%s: %d of them as recorded on Linux %s, %d answered differently there%n",
              source, report.comparable(), report.recordedOn(), report.changes());
    }
    if (!report.leftOut().isEmpty()) {
      console
          .out()
          .printf(
              "%s: %d operations left out: %s%n",
              source, report.leftOutOperations(), counts(report.leftOut()));
    }
  }

  private void showMore(String source, int more) {
    if (more > 0) {
      console.out().printf("%s: and %d more%n", source, more);
    }
  }

  private void show(String source, LiveDifference difference) {
    console
        .out()
        .printf(
            "%s: case %s step %d: %s: %skernel %s, model %s%n",
            source,
            difference.caseName(),
            difference.step(),
            difference.live().operation().toText(),
            difference.recorded() == null ? "" : "recorded " + difference.recorded() + ", ",
            difference.live().kernel(),
            difference.live().model());
  }

  private static String counts(ImmutableSortedMap<String, Integer> leftOut) {
    return leftOut.entrySet().stream()
        .map(entry -> entry.getValue() + " " + entry.getKey())
        .collect(Collectors.joining(", "));
  }
}
