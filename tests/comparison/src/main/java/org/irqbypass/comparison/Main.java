package org.irqbypass.comparison;

import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;
import org.irqbypass.comparison.command.CommandLineTool;
import org.irqbypass.comparison.command.Console;
import org.irqbypass.comparison.command.ExitStatus;
import picocli.CommandLine.Help.Ansi;

/** The {@code irqbypass} command. */
public final class Main {
  private Main() {}

  /**
   * Runs the command line. The JVM is ended only where the exit status is not 0, so that a build
   * tool that runs this in its own goes on.
   *
   * @param arguments as the shell gives them
   */
  public static void main(String[] arguments) {
    System.setProperty("java.awt.headless", "true"); // diagrams are drawn without a display
    System.setProperty("org.jline.utils.disableAlternateCharset", "true"); // lines are Unicode
    Console console = new Console(writer(System.out), writer(System.err), Ansi.AUTO.enabled());
    int status = new CommandLineTool(console).run(arguments);
    if (status != ExitStatus.OK) {
      System.exit(status);
    }
  }

  private static PrintWriter writer(PrintStream stream) {
    // made of the stream itself: only so does it learn of the stream's errors
    return new PrintWriter(stream, false, StandardCharsets.UTF_8);
  }
}
