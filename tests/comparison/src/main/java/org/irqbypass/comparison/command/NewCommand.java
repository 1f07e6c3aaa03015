package org.irqbypass.comparison.command;

import java.io.IOException;
import java.nio.file.FileAlreadyExistsException;
import java.nio.file.Files;
import java.nio.file.OpenOption;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.concurrent.Callable;
import org.irqbypass.comparison.catalogue.Template;
import org.irqbypass.scenario.InputException;
import org.irqbypass.scenario.Position;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Writes a scenario to begin with. */
@Command(
    name = "new",
    description = "Writes a scenario to begin with: commented, and ready to be compared.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
final class NewCommand implements Callable<Integer> {
  private static final String PLATFORM = "x86-posted";

  private final Console console;

  @Mixin private PlatformOption platform = new PlatformOption();

  @Parameters(
      paramLabel = "FILE",
      arity = "0..1",
      description = "Where to write it; to the standard output unless given.")
  private @Nullable Path file;

  @Option(names = "--force", description = "Write over a file that exists.")
  private boolean force;

  NewCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    String named = platform.name();
    String text = Template.of(named == null ? PLATFORM : named, file);
    if (file == null) {
      console.out().print(text);
    } else {
      write(file, text);
      console.out().printf("%s is written; try: irqbypass compare %s%n", file, file);
    }
    return ExitStatus.OK;
  }

  private void write(Path to, String text) {
    OpenOption[] options =
        force
            ? new OpenOption[] {}
            : new OpenOption[] {StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE};
    try {
      Files.writeString(to, text, options);
    } catch (FileAlreadyExistsException exists) {
      throw new InputException(
          new Position(to.toString(), 0, 0), "this file exists; --force writes over it");
    } catch (IOException failed) {
      throw new InputException(
          new Position(to.toString(), 0, 0), "it cannot be written there: " + failed.getMessage());
    }
  }
}
