package org.irqbypass.comparison.explore;

import java.util.Map;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.comparison.explain.DeviceInterrupts;
import org.irqbypass.host.HostIrq;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.scenario.DeviceDescription;
import org.irqbypass.scenario.HostDevice;
import org.irqbypass.vfio.VfioInterrupt;
import org.jspecify.annotations.Nullable;

/** Interrupts go past the host exactly where they are paired and their status says so. */
final class BypassAsSaid implements Property {
  @Override
  public String name() {
    return "bypass-as-said";
  }

  @Override
  public @Nullable String violation(Moment moment) {
    if (moment.run().isUnderWay()) {
      return null; // a call may be between the one and the other
    }
    for (Map.Entry<String, DeviceDescription> described :
        moment.run().scenario().devices().entrySet()) {
      HostDevice device = moment.host().devices().get(described.getKey());
      if (device == null) {
        continue;
      }
      for (Map.Entry<Interrupt, VfioInterrupt> each :
          DeviceInterrupts.of(device, described.getValue()).entrySet()) {
        String wrong = violation(each.getKey(), each.getValue());
        if (wrong != null) {
          return wrong;
        }
      }
    }
    return null;
  }

  private static @Nullable String violation(Interrupt name, VfioInterrupt interrupt) {
    HostIrq irq = interrupt.hostIrq();
    if (irq == null) {
      return null;
    }
    BypassProducer paired = interrupt.connected();
    boolean past = irq.isPosted() || irq.isForwarded();
    if (past && paired == null) {
      return name + " goes past the host, and is paired with nobody";
    }
    if (paired == null) {
      return null;
    }
    BypassReason reason = paired.status().reason();
    boolean said = reason == BypassReason.BYPASSED;
    // A wired interrupt stays forwarded while its guest interrupt has no route.
    if (irq.isMessage() ? past != said : said && !past) {
      return name + (past ? " goes" : " does not go") + " past the host: " + reason;
    }
    return null;
  }
}
