package org.irqbypass.comparison.cost;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Map;
import org.irqbypass.comparison.cost.Parameter.Assumption;
import org.irqbypass.scenario.InputException;
import org.irqbypass.scenario.Node;
import org.jspecify.annotations.Nullable;

/** Reads parameters from a document. */
final class CostReader {
  /** A second, or as many cycles: what is more than that is a slip of the pen. */
  private static final double MOST = 1e9;

  /** Of a clock, in GHz. */
  private static final double SLOWEST = 0.001;

  private static final double FASTEST = 1000;

  private static final ImmutableList<String> KEYS =
      ImmutableList.of("what", "value", "unit", "source", "assumption");
  private static final ImmutableList<String> RANGE = ImmutableList.of("from", "to", "why");

  private CostReader() {}

  static Map<String, Parameter> read(Node document) {
    ImmutableMap.Builder<String, Parameter> parameters = ImmutableMap.builder();
    Node.Mapping root = document.asMapping("a file of costs");
    root.only(CostModel.names().asList(), "a file of costs");
    root.entries()
        .forEach((name, node) -> parameters.put(name, parameter(name, node.asMapping(name))));
    return parameters.buildOrThrow();
  }

  private static Parameter parameter(String name, Node.Mapping node) {
    node.only(KEYS, name);
    double value = amount(name, node.entry("value"), "value");
    Unit unit = unit(name, node.entry("unit"));
    String source = node.textOrNull("source");
    Assumption assumption = assumption(name, node.entryOrNull("assumption"));
    if ((source == null) == (assumption == null)) {
      throw new InputException(
          node.position(),
          name
              + (source == null
                  ? " has neither a source nor an assumption"
                  : " has a source and an assumption")
              + ", expected one of the two");
    }
    if (assumption != null && (value < assumption.from() || value > assumption.to())) {
      throw new InputException(
          node.entry("value").position(),
          "the value of "
              + name
              + " is outside the range that it is assumed to be in, expected one within it");
    }
    return new Parameter(name, node.text("what", ""), value, unit, source, assumption);
  }

  private static Unit unit(String name, Node node) {
    boolean clock = name.equals(CostModel.CLOCK);
    return Unit.named(node.asText("the unit of " + name))
        .filter(unit -> (unit == Unit.GIGAHERTZ) == clock)
        .orElseThrow(() -> node.wrong("the unit of " + name, clock ? "GHz" : "ns or cycles"));
  }

  private static @Nullable Assumption assumption(String name, @Nullable Node node) {
    if (node == null) {
      return null;
    }
    Node.Mapping range = node.asMapping("the assumption of " + name);
    range.only(RANGE, "an assumption");
    double from = amount(name, range.entry("from"), "from");
    double to = amount(name, range.entry("to"), "to");
    if (from > to) {
      throw new InputException(
          range.entry("from").position(),
          "the range of " + name + " begins after its end, expected from to be at most to");
    }
    return new Assumption(from, to, range.text("why"));
  }

  private static double amount(String name, Node node, String key) {
    boolean clock = name.equals(CostModel.CLOCK);
    double least = clock ? SLOWEST : 0;
    double most = clock ? FASTEST : MOST;
    Double amount = node.asDecimalOrNull();
    if (amount == null || amount < least || amount > most) {
      throw node.wrong(
          key + " of " + name,
          "a number from " + Parameter.plain(least) + " to " + Parameter.plain(most));
    }
    return amount;
  }
}
