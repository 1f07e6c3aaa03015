package org.irqbypass.comparison.command;

import java.util.concurrent.Callable;
import picocli.AutoComplete;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Spec;

/** Writes what a shell needs to complete this program's arguments. */
@Command(
    name = "completion",
    description =
        "Writes a completion script for bash and zsh, to be read with: source <(irqbypass"
            + " completion).",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
final class CompletionCommand implements Callable<Integer> {
  private final Console console;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it before anything runs
  private CommandSpec spec;

  CompletionCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    console.out().print(AutoComplete.bash("irqbypass", spec.root().commandLine()));
    return ExitStatus.OK;
  }
}
