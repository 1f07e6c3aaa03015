package org.irqbypass.comparison.command;

import java.util.Map;
import java.util.concurrent.Callable;
import org.irqbypass.comparison.catalogue.Catalogue;
import org.irqbypass.comparison.contender.Contender;
import picocli.CommandLine.Command;

/** Says what there is to run. */
@Command(
    name = "list",
    description = "Lists the bundled scenarios and recordings, the contenders and the platforms.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
final class ListCommand implements Callable<Integer> {
  private final Console console;

  ListCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    section("Scenarios", Catalogue.summaries(Catalogue.scenarios()));
    section("Recordings", Catalogue.summaries(Catalogue.recordings()));
    console.out().println("Contenders");
    for (Contender contender : Contender.values()) {
      line(contender.label(), contender.description());
    }
    console.out().println();
    section("Platforms", Hosts.summaries());
    return ExitStatus.OK;
  }

  private void section(String heading, Map<String, String> lines) {
    console.out().println(heading);
    lines.forEach(this::line);
    console.out().println();
  }

  private void line(String name, String description) {
    console.out().printf("  %-20s %s%n", name, description);
  }
}
