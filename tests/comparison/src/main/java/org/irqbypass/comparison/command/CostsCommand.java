package org.irqbypass.comparison.command;

import java.util.concurrent.Callable;
import org.irqbypass.comparison.cost.CostModel;
import picocli.CommandLine.Command;

/** Prints what modelled time rests on, to start a file of one's own from. */
@Command(
    name = "costs",
    description =
        "Prints what things cost in modelled time, each with its source or with the range in which"
            + " it is assumed to lie: a file to change and to give with --costs.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
final class CostsCommand implements Callable<Integer> {
  private final Console console;

  CostsCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    console.out().print(CostModel.defaultText());
    return ExitStatus.OK;
  }
}
