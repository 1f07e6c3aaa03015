package org.irqbypass.scenario;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Maps;
import java.util.List;
import java.util.Map;

/**
 * What an operation returned besides its result, in the form in which two of them are compared.
 * What is no property of the kernel is left out, and what has no order is a set.
 */
final class ComparedOutputs {
  /** A register of the network card: which of its causes were set is the card's business. */
  private static final String CARD_REGISTER = "icr";

  /** What a guest took while it ran, in whichever order its interrupt controller offered it. */
  private static final String TAKEN = "intids";

  private ComparedOutputs() {}

  /** The outputs of an operation as they are compared. */
  static ImmutableMap<String, Object> of(Operation operation, ImmutableMap<String, Object> out) {
    if (operation.name().equals("e1000e.intx_ack")) {
      return ImmutableMap.copyOf(Maps.filterKeys(out, key -> !key.equals(CARD_REGISTER)));
    }
    if (out.get(TAKEN) instanceof List<?> taken) {
      return ImmutableMap.<String, Object>builder()
          .putAll(out)
          .put(TAKEN, ImmutableSet.copyOf(taken))
          .buildKeepingLast();
    }
    return out;
  }

  /** Those of some outputs that others name too. */
  static ImmutableMap<String, Object> named(
      ImmutableMap<String, Object> out, Map<String, Object> others) {
    return ImmutableMap.copyOf(Maps.filterKeys(out, others::containsKey));
  }
}
