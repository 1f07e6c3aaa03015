package org.irqbypass.comparison.command;

import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import org.irqbypass.scenario.InputException;
import org.irqbypass.scenario.PlatformException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Help.Ansi;
import picocli.CommandLine.IExecutionExceptionHandler;
import picocli.CommandLine.IFactory;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.ParseResult;
import picocli.CommandLine.Spec;
import picocli.CommandLine.TypeConversionException;

/** The command line: what can be asked, and what goes wrong in which way. */
public final class CommandLineTool {
  private final Console console;

  /**
   * Makes a command line.
   *
   * @param console where it writes
   */
  public CommandLineTool(Console console) {
    this.console = console;
  }

  /**
   * Runs a command.
   *
   * @param arguments as the shell gives them
   * @return an {@link ExitStatus}
   */
  public int run(String... arguments) {
    CommandLine line =
        new CommandLine(new Root(), new Factory(console))
            .setOut(console.out())
            .setErr(console.err())
            .setColorScheme(
                CommandLine.Help.defaultColorScheme(console.terminal() ? Ansi.ON : Ansi.OFF))
            .setParameterExceptionHandler(this::misunderstood)
            .setExecutionExceptionHandler(new Complaints(console))
            .setCaseInsensitiveEnumValuesAllowed(true)
            .registerConverter(Path.class, CommandLineTool::path);
    int status = line.execute(arguments);
    if (console.out().checkError()) {
      console.err().println("irqbypass: what it says cannot be written to the standard output");
      status = ExitStatus.UNWRITABLE;
    }
    console.err().flush();
    return status;
  }

  private static Path path(String value) {
    if (value.isEmpty()) {
      throw new TypeConversionException("it is empty, expected a path");
    }
    try {
      return Path.of(value);
    } catch (InvalidPathException unusable) {
      throw new TypeConversionException("no file can be called so");
    }
  }

  private int misunderstood(ParameterException wrong, String[] arguments) {
    CommandLine at = wrong.getCommandLine();
    String noCommand = noCommand(wrong, at);
    console
        .err()
        .println("irqbypass: " + oneLine(noCommand == null ? wrong.getMessage() : noCommand));
    if (noCommand != null
        || !CommandLine.UnmatchedArgumentException.printSuggestions(wrong, console.err())) {
      console
          .err()
          .println("Try '" + at.getCommandSpec().qualifiedName() + " --help' for what it takes.");
    }
    return ExitStatus.USAGE;
  }

  /**
   * What is said of the name of a command that there is not; null where something else is wrong.
   */
  private static @Nullable String noCommand(ParameterException wrong, CommandLine at) {
    if (!(wrong instanceof CommandLine.UnmatchedArgumentException unmatched)
        || unmatched.isUnknownOption()
        || at.getSubcommands().isEmpty()) {
      return null;
    }
    String written = unmatched.getUnmatched().get(0);
    return Choice.none(written, at.getSubcommands().keySet()).getMessage();
  }

  private static String oneLine(@Nullable String message) {
    return String.valueOf(message).replaceAll("\\s*\\R\\s*", " ");
  }

  /** Says in one sentence what went wrong, and whose fault it is. */
  private record Complaints(Console console) implements IExecutionExceptionHandler {
    @Override
    public int handleExecutionException(Exception thrown, CommandLine line, ParseResult parsed) {
      console.progressDone();
      if (thrown instanceof InputException || thrown instanceof PlatformException) {
        console.err().println("irqbypass: " + oneLine(thrown.getMessage()));
        return ExitStatus.BAD_INPUT;
      }
      StringWriter trace = new StringWriter();
      thrown.printStackTrace(new PrintWriter(trace));
      console.err().println("irqbypass: this is a fault of the program itself, please report it:");
      console.err().print(trace);
      return ExitStatus.FAULT;
    }
  }

  /** Gives commands the console. */
  private record Factory(Console console) implements IFactory {
    @Override
    public <K> K create(Class<K> type) throws Exception {
      if (type == CompareCommand.class) {
        return type.cast(new CompareCommand(console));
      }
      if (type == ExploreCommand.class) {
        return type.cast(new ExploreCommand(console));
      }
      if (type == ExplainCommand.class) {
        return type.cast(new ExplainCommand(console));
      }
      if (type == RunCommand.class) {
        return type.cast(new RunCommand(console));
      }
      if (type == DemoCommand.class) {
        return type.cast(new DemoCommand(console));
      }
      if (type == ExportCommand.class) {
        return type.cast(new ExportCommand(console));
      }
      if (type == ReplayCommand.class) {
        return type.cast(new ReplayCommand(console));
      }
      if (type == FuzzCommand.class) {
        return type.cast(new FuzzCommand(console));
      }
      if (type == ListCommand.class) {
        return type.cast(new ListCommand(console));
      }
      if (type == NewCommand.class) {
        return type.cast(new NewCommand(console));
      }
      if (type == SchemaCommand.class) {
        return type.cast(new SchemaCommand(console));
      }
      if (type == CostsCommand.class) {
        return type.cast(new CostsCommand(console));
      }
      if (type == CompletionCommand.class) {
        return type.cast(new CompletionCommand(console));
      }
      return CommandLine.defaultFactory().create(type);
    }
  }

  /** The program itself; what it does is in its commands. */
  @Command(
      name = "irqbypass",
      description =
          "Runs two designs of interrupt bypass on the same devices, guests and calls, and shows"
              + " the difference.",
      mixinStandardHelpOptions = true,
      versionProvider = Version.class,
      synopsisSubcommandLabel = "COMMAND",
      footerHeading = "%nExit status:%n",
      footer = {
        "   0  ok",
        "   1  a fault of this program",
        "   2  the command line cannot be understood",
        "   3  a scenario or a recording cannot be used",
        "   4  understood, and not available here",
        "   5  the standard output cannot be written",
        "  10  a recording did not match, or the model not the running kernel",
        "  11  a property was violated, such as an interrupt lost or duplicated",
        "  12  outcomes depend on the order of calls where they should not"
      },
      subcommands = {
        CompareCommand.class,
        RunCommand.class,
        ExploreCommand.class,
        ExplainCommand.class,
        DemoCommand.class,
        ExportCommand.class,
        ReplayCommand.class,
        FuzzCommand.class,
        ListCommand.class,
        NewCommand.class,
        SchemaCommand.class,
        CostsCommand.class,
        CompletionCommand.class
      })
  static final class Root implements Runnable {
    @Spec
    @SuppressWarnings("NullAway.Init") // picocli sets it before anything runs
    private CommandSpec spec;

    @Override
    public void run() {
      throw new ParameterException(spec.commandLine(), "say what to do");
    }
  }
}
