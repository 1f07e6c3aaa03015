package org.irqbypass.comparison.contender;

import com.google.common.base.Splitter;
import java.util.List;
import org.irqbypass.comparison.account.Destination;
import org.irqbypass.kvm.arm64.VgicEvent;
import org.irqbypass.kvm.arm64.VgicFunction;
import org.irqbypass.kvm.x86.DeliveryMode;
import org.irqbypass.kvm.x86.Redirection;
import org.irqbypass.kvm.x86.X86Event;
import org.irqbypass.trace.TraceEvent;

/** How interrupts arrive in a guest, by architecture. */
final class Arrivals {
  /** GIC interrupts of a vCPU's own end here. */
  private static final int FIRST_SHARED = 32;

  /** GIC interrupts from here on are messages, and belong to one vCPU. */
  static final int FIRST_LPI = 8192;

  private static final Splitter FIELDS = Splitter.on(':');

  private Arrivals() {}

  /** Is told what becomes of an interrupt on its way into a guest. */
  interface Listener {
    /** It is pending at a vCPU of a number, or of an APIC ID. */
    void atVcpu(int vcpu, int vector);

    /** It is pending at the VM, for any of its vCPUs. */
    void atVm(int vector);

    /** A message is pending somewhere; where is seen when it is taken. */
    void somewhere();

    /** The guest has masked it. */
    void masked();
  }

  static void read(TraceEvent event, Listener listener) {
    if (event instanceof X86Event.ApicAcceptIrq accept) {
      DeliveryMode mode = accept.interrupt().mode();
      if (mode == DeliveryMode.FIXED || mode == DeliveryMode.LOWEST_PRIORITY) {
        listener.atVcpu(accept.apicId(), accept.interrupt().vector());
      }
    } else if (event instanceof X86Event.IoapicSetIrq set) {
      if ((set.entry() & Redirection.MASKED) != 0) {
        listener.masked();
      }
    } else if (event instanceof VgicEvent.UpdateIrqPending update) {
      if (update.level()) {
        if (update.intid() < FIRST_SHARED) {
          listener.atVcpu(update.vcpu(), update.intid());
        } else {
          listener.atVm(update.intid());
        }
      }
    } else if (event instanceof VgicEvent.Returned returned) {
      boolean sent =
          returned.function() == VgicFunction.VGIC_ITS_INJECT_MSI
              || returned.function() == VgicFunction.VGIC_ITS_INJECT_CACHED_TRANSLATION;
      if (sent && returned.result() >= 0) {
        listener.somewhere();
      }
    }
  }

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

  /** Whether a vector belongs to a VM, and to no vCPU of its own. */
  static boolean isShared(boolean gic, int vector) {
    return gic && vector >= FIRST_SHARED && vector < FIRST_LPI;
  }
}
