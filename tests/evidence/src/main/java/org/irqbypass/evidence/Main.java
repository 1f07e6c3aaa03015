package org.irqbypass.evidence;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Prints the table and writes it; fails if anything was found. */
public final class Main {
  private Main() {}

  /**
   * Reads what the rooms left behind.
   *
   * @param arguments the root of the source tree; where to write {@code evidence.txt}, {@code .md}
   *     and {@code .json}
   * @throws IOException if something cannot be read or written
   */
  public static void main(String[] arguments) throws IOException {
    Table table = new Table(new Reports(Path.of(arguments[0])).read());
    Path directory = Path.of(arguments[1]);
    Files.createDirectories(directory);
    Files.writeString(directory.resolve("evidence.txt"), table.text());
    Files.writeString(directory.resolve("evidence.md"), table.markdown());
    Files.writeString(directory.resolve("evidence.json"), table.json());
    System.out.println();
    System.out.print(table.text());
    System.out.println();
    if (table.found() != 0) {
      throw new IllegalStateException(table.verdict());
    }
  }
}
