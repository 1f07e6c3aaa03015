package org.irqbypass.evidence;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.w3c.dom.Element;

/** PIT's report of one room, beside the list of what survives there and why. */
final class Mutations {
  private static final String ROOT = "org.irqbypass.";

  /** A row of the list: where mutants survive. */
  private static final Pattern LISTED = Pattern.compile("(?m)^\\| `([^`]+)` \\|");

  private static final Pattern LAMBDA = Pattern.compile("lambda\\$(\\w+)\\$\\d+");

  private final String room;
  private final ImmutableList<Element> mutants;
  private final ImmutableSet<String> listed;

  /**
   * Reads them.
   *
   * @param room whose mutants
   * @param report PIT's
   * @param survivors the list; none if there is no such file
   */
  Mutations(String room, Path report, Path survivors) throws IOException {
    this.room = room;
    this.mutants = Xml.read(report).nodes("mutation").collect(ImmutableList.toImmutableList());
    this.listed =
        Files.exists(survivors)
            ? LISTED
                .matcher(Files.readString(survivors))
                .results()
                .map((MatchResult row) -> row.group(1))
                .collect(ImmutableSet.toImmutableSet())
            : ImmutableSet.of();
  }

  /**
   * Found are the mutants that more would have to be killed to reach the threshold, in percent; and
   * those that survive where the list names none.
   */
  Evidence row(int threshold) {
    long all = mutants.size();
    long killed = mutants.stream().filter(Mutations::isKilled).count();
    long wanted = (all * threshold + 99) / 100;
    long unlisted =
        mutants.stream()
            .filter(mutant -> !isKilled(mutant) && !listed.contains(where(mutant)))
            .count();
    return new Evidence(
        room,
        String.format(
            Locale.ROOT, "mutation testing, %.1f %% killed", 100.0 * killed / Math.max(1, all)),
        all,
        "mutants",
        all == 0 ? 1 : Math.max(0, wanted - killed) + unlisted,
        String.format(
            Locale.ROOT,
            "at least %d %% wanted; %,d survive, %,d of them where the list names none",
            threshold,
            all - killed,
            unlisted));
  }

  private static boolean isKilled(Element mutant) {
    return mutant.getAttribute("detected").equals("true");
  }

  /** As the list names a place: the class below the root, and its method. */
  private static String where(Element mutant) {
    String type = text(mutant, "mutatedClass").replace(ROOT, "").replace('$', '.');
    String method = LAMBDA.matcher(text(mutant, "mutatedMethod")).replaceAll("$1");
    return type + "." + method.replace("<init>", "constructor");
  }

  private static String text(Element mutant, String name) {
    return mutant.getElementsByTagName(name).item(0).getTextContent();
  }
}
