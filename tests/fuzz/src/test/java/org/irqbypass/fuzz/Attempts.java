package org.irqbypass.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import org.irqbypass.comparison.command.CommandLineTool;
import org.irqbypass.comparison.command.Console;

/**
 * Runs commands of the program one after another in a JVM of its own, whose memory is little, and
 * tells what each came to.
 */
final class Attempts {
  private Attempts() {}

  /**
   * Runs them.
   *
   * @param arguments a file with one command a line, and the file for its answers: exit status and
   *     what was said on standard error, a line each
   */
  public static void main(String[] arguments) throws IOException {
    StringBuilder answers = new StringBuilder();
    for (String command : Files.readAllLines(Path.of(arguments[0]))) {
      StringWriter err = new StringWriter();
      Console console =
          new Console(new PrintWriter(new StringWriter()), new PrintWriter(err), false);
      int status = new CommandLineTool(console).run(command.split(" "));
      answers.append(status).append(' ').append(err.toString().strip().replace("\n", " | "));
      answers.append('\n');
    }
    Files.writeString(Path.of(arguments[1]), answers, UTF_8);
  }
}
