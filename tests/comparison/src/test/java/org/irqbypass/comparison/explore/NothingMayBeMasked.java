package org.irqbypass.comparison.explore;

import org.irqbypass.host.HostIrq;
import org.jspecify.annotations.Nullable;

/** A property of a user's own, found as a service; only of scenarios that ask for it. */
public final class NothingMayBeMasked implements Property {
  /** Which scenarios ask for it. */
  static final String ASKING = "unmasked";

  /** For the service loader. */
  public NothingMayBeMasked() {}

  @Override
  public String name() {
    return "nothing-masked";
  }

  @Override
  public @Nullable String violation(Moment moment) {
    if (!moment.run().scenario().name().equals(ASKING)) {
      return null;
    }
    for (HostIrq irq : moment.host().interrupts().all()) {
      if (irq.isDisabled()) {
        return moment.run().interruptOf(irq) + " is masked";
      }
    }
    return null;
  }
}
