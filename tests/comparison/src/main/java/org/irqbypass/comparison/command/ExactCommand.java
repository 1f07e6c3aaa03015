package org.irqbypass.comparison.command;

import com.google.common.collect.ImmutableSet;
import java.util.regex.Pattern;
import picocli.CommandLine.Model.ArgSpec;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.ParseResult;

/** The command line that makes a report again: as it was given, but for where it is written. */
final class ExactCommand {
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z0-9_@%+=:,./-]+");

  private ExactCommand() {}

  static String of(CommandSpec spec) {
    ParseResult given = spec.commandLine().getParseResult();
    StringBuilder command = new StringBuilder(spec.qualifiedName());
    for (ArgSpec scenarios : given.matchedPositionals()) {
      ImmutableSet.copyOf(scenarios.originalStringValues())
          .forEach(name -> command.append(' ').append(quoted(name)));
    }
    for (OptionSpec option : given.matchedOptions()) {
      if (option.longestName().equals(ReportDirectory.OPTION)) {
        continue;
      }
      append(option, command);
    }
    return command.toString();
  }

  private static void append(OptionSpec option, StringBuilder command) {
    for (String value : ImmutableSet.copyOf(option.originalStringValues())) {
      command.append(' ').append(option.longestName()).append(' ').append(quoted(value));
    }
  }

  /**
   * The command line that explores one of the scenarios that a command was given, on the same host.
   *
   * @param spec the command
   * @param name what the scenario was called
   */
  static String exploring(CommandSpec spec, String name) {
    StringBuilder command = new StringBuilder("irqbypass explore ").append(quoted(name));
    for (OptionSpec option : spec.commandLine().getParseResult().matchedOptions()) {
      if (option.longestName().equals("--platform") || option.longestName().equals("--device")) {
        append(option, command);
      }
    }
    return command.toString();
  }

  /** As a shell takes it for one word. */
  private static String quoted(String word) {
    return PLAIN.matcher(word).matches() ? word : "'" + word.replace("'", "'\\''") + "'";
  }
}
