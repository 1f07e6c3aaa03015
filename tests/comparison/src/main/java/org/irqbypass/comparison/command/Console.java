package org.irqbypass.comparison.command;

import java.io.PrintWriter;

/**
 * Where a command writes.
 *
 * @param out what was asked for
 * @param err complaints and progress
 * @param terminal whether a person looks on: colours and progress only then
 */
public record Console(PrintWriter out, PrintWriter err, boolean terminal) {
  /** Shows what is being done, in one line that the next one replaces. */
  void progress(int done, int total, String what) {
    if (terminal) {
      err.print("\r\u001b[K[" + done + "/" + total + "] " + what);
      err.flush();
    }
  }

  /** Takes the line of progress away. */
  void progressDone() {
    if (terminal) {
      err.print("\r\u001b[K");
      err.flush();
    }
  }
}
