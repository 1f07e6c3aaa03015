package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import org.irqbypass.scenario.Scenario.Storm;
import org.jspecify.annotations.Nullable;

/** Reads how large a scenario's storm is. */
final class StormReader {
  static final ImmutableList<String> KEYS = ImmutableList.of("irqfds", "machines");

  private StormReader() {}

  static @Nullable Storm read(Node.Mapping scenario) {
    Node node = scenario.entryOrNull("storm");
    if (node == null) {
      return null;
    }
    if (Platforms.isArm(scenario.text("platform"))) {
      throw new InputException(node.position(), "a storm is of x86 machines, expected no storm");
    }
    Node.Mapping map = node.asMapping("storm");
    map.only(KEYS, "storm");
    int irqfds = count(map, "irqfds", 1, Storm.MOST_IRQFDS);
    int least = (irqfds - 1) / Storm.MOST_OF_A_MACHINE + 1;
    return new Storm(irqfds, count(map, "machines", least, irqfds));
  }

  private static int count(Node.Mapping map, String key, int least, int most) {
    int count = map.entry(key).asCount(key);
    if (count < least || count > most) {
      throw map.entry(key).wrong(key, "from " + least + " to " + most);
    }
    return count;
  }
}
