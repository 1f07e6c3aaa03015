package org.irqbypass.comparison.contender;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.MapMaker;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.comparison.explain.DeviceInterrupts;
import org.irqbypass.host.HostIrq;
import org.irqbypass.scenario.DeviceDescription;
import org.irqbypass.scenario.HostDevice;
import org.irqbypass.scenario.SimulatedHost;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.jspecify.annotations.Nullable;

/** Which device's interrupt each host interrupt is. */
final class HostIrqNames implements Fingerprinted {
  private final SimulatedHost host;

  /** By identity: host interrupts are made anew whenever a device's messages are switched on. */
  private final Map<HostIrq, Interrupt> names = new MapMaker().weakKeys().makeMap();

  private final Set<Interrupt> programmed = new HashSet<>();

  HostIrqNames(SimulatedHost host) {
    this.host = host;
  }

  /** Looks which host interrupts there are now. What was seen once stays known. */
  void look(ImmutableMap<String, DeviceDescription> described) {
    described.forEach(
        (name, description) -> {
          HostDevice device = host.devices().get(name);
          if (device == null) {
            return;
          }
          DeviceInterrupts.of(device, description)
              .forEach(
                  (interrupt, end) -> {
                    HostIrq irq = end.hostIrq();
                    if (irq != null) {
                      names.put(irq, interrupt);
                    }
                  });
        });
  }

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

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.putReference(programmed);
  }
}
