package org.irqbypass.faults;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** The order of locks as this room's README tells it: what people read is what is checked. */
final class DocumentedOrder {
  private static final Pattern ROW = Pattern.compile("\\| \\d+ \\| `([^`]+)` \\|.*");

  private DocumentedOrder() {}

  /** The locks, outermost first. */
  static ImmutableList<String> read() throws IOException {
    ImmutableList.Builder<String> locks = ImmutableList.builder();
    for (String line : Files.readAllLines(Path.of("README.md"))) {
      Matcher row = ROW.matcher(line);
      if (row.matches()) {
        locks.add(row.group(1));
      }
    }
    return locks.build();
  }

  /** What was seen and is not as documented, or not documented. */
  static ImmutableList<String> contradictedBy(List<LockOrder.Pair> pairs) throws IOException {
    ImmutableList<String> order = read();
    ImmutableList.Builder<String> wrong = ImmutableList.builder();
    for (LockOrder.Pair pair : pairs) {
      int outer = order.indexOf(pair.outer());
      int inner = order.indexOf(pair.inner());
      if (outer < 0 || inner < 0) {
        wrong.add(pair + ": not documented");
      } else if (outer >= inner) {
        wrong.add(pair + ": documented the other way round");
      }
    }
    return wrong.build();
  }
}
