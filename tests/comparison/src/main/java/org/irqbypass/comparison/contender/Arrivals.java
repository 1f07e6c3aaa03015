package org.irqbypass.comparison.contender;

import com.google.common.base.Splitter;
import java.util.List;
import java.util.function.ObjIntConsumer;
import org.irqbypass.comparison.account.Destination;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.trace.TraceEvent;

/** How interrupts arrive in a guest, by architecture. */
final class Arrivals {
  private static final Splitter FIELDS = Splitter.on(':');

  private Arrivals() {}

  static void read(TraceEvent event, ObjIntConsumer<Vcpu> arrived, Runnable stoppedByMask) {}

  /** Whether an MSI route leads to a vCPU's vector, by physical destination. */
  static boolean leadsTo(String route, Destination destination) {
    List<String> fields = FIELDS.splitToList(route);
    if (!fields.get(0).equals("msi") || fields.size() < 4) {
      return false;
    }
    long vcpu = (Long.decode(fields.get(2)) >> 12) & 0xff;
    long vector = Long.decode(fields.get(3)) & 0xff;
    return vcpu == destination.vcpu() && vector == destination.vector();
  }

  static Destination at(Vcpu vcpu, int vector) {
    return new Destination(vcpu.vm().toString(), vcpu.id(), vector);
  }
}
