package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads what a scenario says of its exploration. */
final class ExploreReader {
  static final ImmutableList<String> KEYS = ImmutableList.of("confluent", "from", "until");

  private final List<Scenario.Step> steps;

  private ExploreReader(List<Scenario.Step> steps) {
    this.steps = steps;
  }

  static Scenario.Explore read(@Nullable Node node, List<Scenario.Step> steps) {
    if (node == null) {
      return new Scenario.Explore(ImmutableSet.of(), 0, steps.size());
    }
    Node.Mapping map = node.asMapping("explore");
    map.only(KEYS, "explore");
    ExploreReader reader = new ExploreReader(steps);
    Node fromNode = map.entryOrNull("from");
    int from = fromNode == null ? 0 : reader.mark("from", fromNode, 0);
    Node untilNode = map.entryOrNull("until");
    int until = untilNode == null ? steps.size() : reader.mark("until", untilNode, from + 1);
    return new Scenario.Explore(confluent(map.entryOrNull("confluent")), from, until);
  }

  private static ImmutableSet<String> confluent(@Nullable Node node) {
    if (node == null) {
      return ImmutableSet.of();
    }
    if (node instanceof Node.Sequence list) {
      return list.items().stream()
          .map(ExploreReader::contender)
          .collect(ImmutableSet.toImmutableSet());
    }
    if (node instanceof Node.Scalar scalar && scalar.kind() == Node.Kind.BOOLEAN) {
      return node.asFlag("confluent") ? Scenario.Explore.CONTENDERS : ImmutableSet.of();
    }
    throw node.wrong("confluent", "true, or a list of contenders");
  }

  private static String contender(Node node) {
    String name = node.asText("confluent");
    if (!Scenario.Explore.CONTENDERS.contains(name)) {
      throw new InputException(
          node.position(),
          InputException.quote(name)
              + " is no contender, expected "
              + String.join(", ", Scenario.Explore.CONTENDERS)
              + Suggestion.of(name, Scenario.Explore.CONTENDERS));
    }
    return name;
  }

  /** The index of the first mark with a text that is not before a step. */
  private int mark(String key, Node node, int earliest) {
    String text = node.asText(key);
    Set<String> marks = new LinkedHashSet<>();
    for (int i = earliest; i < steps.size(); i++) {
      Operation operation = steps.get(i).operation();
      if (operation.name().equals("mark")) {
        if (operation.text("text", "").equals(text)) {
          return i;
        }
        marks.add(operation.text("text", ""));
      }
    }
    throw new InputException(
        node.position(),
        InputException.quote(text)
            + (earliest == 0 ? " is no mark of this scenario" : " is no mark after that of from")
            + Suggestion.of(text, marks));
  }
}
