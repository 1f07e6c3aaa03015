package org.irqbypass.evidence;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** PIT's report of one room. */
final class Mutations {
  private final String room;
  private final List<String> detected;

  Mutations(String room, Path report) throws IOException {
    this.room = room;
    this.detected = Xml.read(report).attributes("mutation", "detected").toList();
  }

  /** Found are the mutants that more would have to be killed to reach the threshold, in percent. */
  Evidence row(int threshold) {
    long all = detected.size();
    long killed = detected.stream().filter("true"::equals).count();
    long wanted = (all * threshold + 99) / 100;
    return new Evidence(
        room,
        "mutation testing",
        all,
        "mutants",
        all == 0 ? 1 : Math.max(0, wanted - killed),
        String.format(
            Locale.ROOT,
            "%.1f %% killed, at least %d %% wanted; %,d survive",
            100.0 * killed / Math.max(1, all),
            threshold,
            all - killed));
  }
}
