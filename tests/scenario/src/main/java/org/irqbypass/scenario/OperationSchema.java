package org.irqbypass.scenario;

import com.google.common.collect.ImmutableMap;
import java.util.stream.Collectors;

/**
 * What the vocabulary knows of one operation.
 *
 * @param name how it is called
 * @param arguments by name, in the order in which they are written
 * @param effect true for what a recording of a whole session shows as a consequence; a replay
 *     applies it or passes over it, and never calls the kernel with it
 * @param documentation one line
 */
public record OperationSchema(
    String name,
    ImmutableMap<String, ArgumentSchema> arguments,
    boolean effect,
    String documentation) {
  /** The operation with its arguments, the optional ones in brackets. */
  @Override
  public String toString() {
    return arguments.isEmpty()
        ? name
        : name
            + " "
            + arguments.values().stream()
                .map(ArgumentSchema::toString)
                .collect(Collectors.joining(" "));
  }
}
