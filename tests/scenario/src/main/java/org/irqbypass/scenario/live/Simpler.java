package org.irqbypass.scenario.live;

import com.google.common.base.Joiner;
import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.irqbypass.scenario.ArgumentKind;
import org.irqbypass.scenario.ArgumentSchema;
import org.irqbypass.scenario.Operation;

/** The operations that are a little simpler than another one. */
final class Simpler {
  private static final Splitter ENTRIES = Splitter.on(';').omitEmptyStrings().trimResults();

  private Simpler() {}

  /** With an argument or a route left out, or with a number that is 0 or 1. */
  static ImmutableList<Operation> than(Operation operation) {
    ImmutableList.Builder<Operation> simpler = ImmutableList.builder();
    for (Map.Entry<String, String> argument : operation.arguments().entrySet()) {
      ArgumentSchema schema = operation.schema().arguments().get(argument.getKey());
      if (schema == null) {
        continue;
      }
      if (!schema.required()) {
        simpler.add(without(operation, argument.getKey()));
      }
      if (schema.kind() == ArgumentKind.ROUTES) {
        addFewerRoutes(operation, argument.getKey(), argument.getValue(), simpler);
      } else if (schema.kind() == ArgumentKind.INTEGER) {
        addSmaller(operation, argument.getKey(), argument.getValue(), simpler);
      }
    }
    return simpler.build();
  }

  private static Operation without(Operation operation, String name) {
    Map<String, String> arguments = new LinkedHashMap<>(operation.arguments());
    arguments.remove(name);
    List<String> flat = new ArrayList<>();
    arguments.forEach(
        (key, value) -> {
          flat.add(key);
          flat.add(value);
        });
    return Operation.of(operation.name(), flat.toArray());
  }

  private static void addFewerRoutes(
      Operation operation, String name, String routes, ImmutableList.Builder<Operation> simpler) {
    List<String> entries = ENTRIES.splitToList(routes);
    for (int i = 0; i < entries.size() && entries.size() > 1; i++) {
      List<String> fewer = new ArrayList<>(entries);
      fewer.remove(i);
      simpler.add(operation.with(name, Joiner.on(';').join(fewer)));
    }
  }

  private static void addSmaller(
      Operation operation, String name, String value, ImmutableList.Builder<Operation> simpler) {
    if (!value.equals("0")) {
      simpler.add(operation.with(name, "0"));
      if (!value.equals("1")) {
        simpler.add(operation.with(name, "1"));
      }
    }
  }
}
