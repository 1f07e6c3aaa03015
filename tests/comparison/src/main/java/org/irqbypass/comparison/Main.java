package org.irqbypass.comparison;

import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.ParseResult;

/** The {@code irqbypass} command, which prints the usage of what it is asked for. */
@Command(
    name = "irqbypass",
    description = "Runs both designs of interrupt bypass on the same work and compares them.",
    mixinStandardHelpOptions = true,
    subcommands = Main.Compare.class)
public final class Main {
  @Command(
      name = "compare",
      description = "Runs a scenario in each design and shows the difference.",
      mixinStandardHelpOptions = true)
  static final class Compare {}

  private Main() {}

  /** Runs the command line. The JVM is ended only where the exit status is not 0. */
  public static void main(String[] args) {
    int status = new CommandLine(new Main()).setExecutionStrategy(Main::printUsage).execute(args);
    if (status != CommandLine.ExitCode.OK) {
      System.exit(status);
    }
  }

  private static int printUsage(ParseResult parsed) {
    if (parsed.hasSubcommand()) {
      return printUsage(parsed.subcommand());
    }
    CommandLine command = parsed.commandSpec().commandLine();
    command.usage(command.getOut());
    return CommandLine.ExitCode.OK;
  }
}
