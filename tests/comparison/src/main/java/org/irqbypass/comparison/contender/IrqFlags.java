package org.irqbypass.comparison.contender;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableMap;
import org.irqbypass.scenario.Operation;

/** The flags of SET_IRQS and KVM_IRQFD, which operations write as words or as a number. */
final class IrqFlags {
  static final int DATA_EVENTFD = 1 << 2;
  static final int ACTION_UNMASK = 1 << 4;
  static final int ACTION_TRIGGER = 1 << 5;
  static final int DEASSIGN = 1;
  static final int RESAMPLE = 1 << 1;

  private static final Splitter BAR = Splitter.on('|').trimResults().omitEmptyStrings();

  private static final ImmutableMap<String, Integer> WORDS =
      ImmutableMap.<String, Integer>builder()
          .put("DATA_NONE", 1)
          .put("DATA_BOOL", 1 << 1)
          .put("DATA_EVENTFD", DATA_EVENTFD)
          .put("ACTION_MASK", 1 << 3)
          .put("ACTION_UNMASK", ACTION_UNMASK)
          .put("ACTION_TRIGGER", ACTION_TRIGGER)
          .put("DEASSIGN", DEASSIGN)
          .put("RESAMPLE", RESAMPLE)
          .buildOrThrow();

  private IrqFlags() {}

  static int of(Operation operation) {
    int flags = 0;
    for (String word : BAR.split(operation.text("flags", ""))) {
      Integer bit = WORDS.get(word);
      flags |= bit == null ? Long.decode(word).intValue() : bit;
    }
    return flags;
  }

  static boolean has(Operation operation, int wanted) {
    return (of(operation) & wanted) == wanted;
  }
}
