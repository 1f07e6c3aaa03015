package org.irqbypass.comparison.command;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import org.irqbypass.comparison.report.Comparison;
import org.irqbypass.comparison.report.HtmlReport;
import org.irqbypass.comparison.report.JsonReport;
import org.irqbypass.scenario.InputException;
import org.irqbypass.scenario.Position;
import picocli.CommandLine.Model.CommandSpec;

/** Where a report goes: as a page for people, and as JSON for programs. */
final class ReportDirectory {
  /** The option that names it. */
  static final String OPTION = "--html";

  private final Path directory;

  /**
   * Looks whether a report can be written, before anything is run in vain.
   *
   * @param directory where
   */
  ReportDirectory(Path directory) {
    this.directory = directory;
    Path nearest = directory.toAbsolutePath();
    while (nearest.getParent() != null && !Files.exists(nearest)) {
      nearest = nearest.getParent();
    }
    if (!Files.isDirectory(nearest) || !Files.isWritable(nearest)) {
      throw unwritable();
    }
  }

  private InputException unwritable() {
    return new InputException(
        new Position(directory.toString(), 0, 0),
        "the report cannot be written there, expected a directory that can be made and written");
  }

  /** What the report was made with, and the command that makes it again. */
  static Comparison.Environment environment(CommandSpec spec) {
    return new Comparison.Environment(
        Version.number(),
        System.getProperty("java.version", "unknown"),
        System.getProperty("os.name", "unknown") + " " + System.getProperty("os.arch", ""),
        ExactCommand.of(spec));
  }

  /** Writes the report, and says where the page is. */
  void write(Comparison comparison, Console console) {
    int scenarios = comparison.scenarios().size();
    console.progress(scenarios, scenarios, "drawing");
    Path page = directory.resolve("index.html");
    try {
      Files.createDirectories(directory);
      Files.writeString(
          directory.resolve("report.json"), JsonReport.of(comparison), StandardCharsets.UTF_8);
      Files.writeString(page, HtmlReport.of(comparison), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw unwritable();
    }
    console.progressDone();
    console.out().println("The page: " + page.toAbsolutePath().normalize());
  }
}
