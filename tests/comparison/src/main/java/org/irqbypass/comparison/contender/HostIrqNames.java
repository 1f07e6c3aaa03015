package org.irqbypass.comparison.contender;

import com.google.common.collect.ImmutableMap;
import java.util.HashSet;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.host.HostIrq;
import org.irqbypass.scenario.DeviceDescription;
import org.irqbypass.scenario.SimulatedHost;
import org.jspecify.annotations.Nullable;

/** Which device's interrupt each host interrupt is. */
final class HostIrqNames {
  private final SimulatedHost host;
  private final ImmutableMap<String, DeviceDescription> devices;
  private final Map<HostIrq, Interrupt> names = new IdentityHashMap<>();
  private final Set<Interrupt> programmed = new HashSet<>();

  HostIrqNames(SimulatedHost host, ImmutableMap<String, DeviceDescription> devices) {
    this.host = host;
    this.devices = devices;
  }

  /** Looks which host interrupts there are now. What was seen once stays known. */
  void look() {}

  @Nullable Interrupt of(HostIrq irq) {
    return names.get(irq);
  }

  /** An interrupt's hardware entry was programmed. */
  void programmed(Interrupt interrupt, boolean on) {
    if (on) {
      programmed.add(interrupt);
    } else {
      programmed.remove(interrupt);
    }
  }

  /** Whether the guest completes an interrupt, or hardware delivers it. */
  boolean isProgrammed(Interrupt interrupt) {
    return programmed.contains(interrupt);
  }
}
