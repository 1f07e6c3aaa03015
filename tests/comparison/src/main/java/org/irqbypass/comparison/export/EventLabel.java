package org.irqbypass.comparison.export;

import com.google.common.base.CaseFormat;
import java.util.Locale;
import org.irqbypass.host.HostIrqEvent;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.registry.RegistryEvent;
import org.irqbypass.trace.TraceEvent;

/**
 * What is written beside an event that no kernel shows: hardware and guests act, registries pair.
 */
final class EventLabel {
  private EventLabel() {}

  static String of(TraceEvent event) {
    if (event instanceof HostIrqEvent.Raised raised) {
      return raised.irq().name() + " " + raised.raise().name().toLowerCase(Locale.ROOT);
    }
    if (event instanceof VcpuEvent.Posted posted) {
      return "posts vector " + posted.vector();
    }
    if (event instanceof VcpuEvent.Take take) {
      return "takes " + take.vector();
    }
    if (event instanceof VcpuEvent.End end) {
      return "ends " + end.vector();
    }
    if (event instanceof RegistryEvent.Refused refused) {
      return "refused: " + refused.reason();
    }
    return CaseFormat.UPPER_CAMEL.to(CaseFormat.LOWER_UNDERSCORE, event.getClass().getSimpleName());
  }

  /** What kind of event it is, such as {@code RegistryEvent.Connected}. */
  static String type(TraceEvent event) {
    Class<?> type = event.getClass();
    Class<?> room = type.getEnclosingClass();
    return room == null ? type.getSimpleName() : room.getSimpleName() + "." + type.getSimpleName();
  }
}
