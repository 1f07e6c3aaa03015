package org.irqbypass.scenario;

import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/** The devices that a scenario or a recording describes. */
final class Devices {
  private Devices() {}

  /**
   * Reads descriptions.
   *
   * @param node devices by name; null: none
   * @param besides devices described elsewhere, which take precedence
   */
  static ImmutableMap<String, DeviceDescription> of(
      @Nullable Node node, Map<String, DeviceDescription> besides) {
    Map<String, DeviceDescription> devices = new LinkedHashMap<>();
    if (node != null) {
      node.asMapping("devices")
          .entries()
          .forEach(
              (name, description) -> {
                checkName(name, description.position());
                devices.put(name, DeviceDescription.of(description, "device " + name));
              });
    }
    devices.putAll(besides);
    return ImmutableMap.copyOf(devices);
  }

  static void checkName(String name, Position position) {
    if (!Vocabulary.isName(name)) {
      throw new InputException(
          position,
          InputException.quote(name)
              + " is no name for a device, expected "
              + ArgumentKind.NAME.expected());
    }
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
