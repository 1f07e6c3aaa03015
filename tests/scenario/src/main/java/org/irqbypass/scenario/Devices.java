package org.irqbypass.scenario;

import com.google.common.collect.ImmutableMap;
import org.jspecify.annotations.Nullable;

/** The devices that a scenario or a recording describes. */
final class Devices {
  private Devices() {}

  static ImmutableMap<String, DeviceDescription> of(@Nullable Node node) {
    if (node == null) {
      return ImmutableMap.of();
    }
    ImmutableMap.Builder<String, DeviceDescription> devices = ImmutableMap.builder();
    node.asMapping("devices")
        .entries()
        .forEach(
            (name, description) -> {
              if (!Vocabulary.isName(name)) {
                throw new InputException(
                    description.position(),
                    InputException.quote(name)
                        + " is no name for a device, expected "
                        + ArgumentKind.NAME.expected());
              }
              devices.put(name, DeviceDescription.of(description, name));
            });
    return devices.buildOrThrow();
  }

  /** Refuses an operation on a device that nobody described. */
  static void check(Operation operation, ImmutableMap<String, DeviceDescription> devices) {
    for (ArgumentSchema argument : operation.schema().arguments().values()) {
      if (argument.kind() == ArgumentKind.DEVICE) {
        String name = operation.textOrNull(argument.name());
        if (name != null && !devices.containsKey(name)) {
          throw unknown(operation, argument.name(), devices);
        }
      }
    }
  }

  static InputException unknown(
      Operation operation, String argument, ImmutableMap<String, DeviceDescription> devices) {
    return operation.wrong(
        argument,
        (devices.isEmpty()
                ? "a device, and none is described"
                : "a device: " + String.join(", ", devices.keySet()))
            + Suggestion.of(operation.text(argument), devices.keySet()));
  }
}
