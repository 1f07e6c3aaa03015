package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.trace.FingerprintSink;
import org.jspecify.annotations.Nullable;

/** What guests do: take interrupts, end them, run and stop running. */
final class GuestOperations {
  /** A guest that takes more than this at once is in a storm, and is stopped. */
  private static final int STORM = 1000;

  private final VirtualMachines machines;

  /** What each vCPU has taken and not ended, newest first. */
  private final Map<Vcpu, Deque<Integer>> inService = new LinkedHashMap<>();

  GuestOperations(VirtualMachines machines) {
    this.machines = machines;
  }

  void addTo(Map<String, OperationHandler> handlers) {
    handlers.put(
        "guest.take",
        (op, reply) -> {
          int taken = take(machines.vcpu(op));
          if (taken < 0) {
            reply.out("none", 1);
          } else {
            reply.out("vector", taken);
          }
        });
    handlers.put(
        "guest.end",
        (op, reply) -> end(machines.vcpu(op), op.has("vector") ? op.u32("vector") : null));
    handlers.put("guest.run", this::run);
    handlers.put("guest.enter", (op, reply) -> machines.vcpu(op).enter());
    handlers.put("guest.leave", (op, reply) -> machines.vcpu(op).leave());
    handlers.put("guest.kick", (op, reply) -> machines.vcpu(op).kick());
    handlers.put("guest.load", (op, reply) -> machines.vcpu(op).load(physicalCpu(op)));
    handlers.put("guest.put", (op, reply) -> machines.vcpu(op).put());
    handlers.put(
        "guest.block", (op, reply) -> reply.out("blocked", machines.vcpu(op).block() ? 1 : 0));
    handlers.put("kvm.inject", (op, reply) -> take(machines.vcpu(op)));
    handlers.put("kvm.ack", (op, reply) -> {});
    handlers.put("irqfd.inject", (op, reply) -> {});
    handlers.put("virqfd.inject", (op, reply) -> {});
  }

  private static int physicalCpu(Operation op) {
    long cpu = op.integer("cpu");
    if (cpu < 0 || cpu >= Vcpu.MAX_PHYSICAL_CPUS) {
      throw op.wrong("cpu", "0 to " + (Vcpu.MAX_PHYSICAL_CPUS - 1));
    }
    return (int) cpu;
  }

  private int take(Vcpu vcpu) {
    int taken = vcpu.take();
    if (taken >= 0) {
      inService.computeIfAbsent(vcpu, v -> new ArrayDeque<>()).push(taken);
    }
    return taken;
  }

  /**
   * Ends an interrupt.
   *
   * @param which null: the one taken last
   */
  void end(Vcpu vcpu, @Nullable Integer which) {
    Deque<Integer> taken = inService.get(vcpu);
    if (taken == null || taken.isEmpty()) {
      return;
    }
    if (which == null) {
      vcpu.end(taken.pop());
    } else if (taken.remove(which)) {
      vcpu.end(which);
    }
  }

  private void run(Operation op, Reply reply) {
    Vcpu vcpu = machines.vcpu(op);
    List<Long> vectors = new ArrayList<>();
    for (int taken = take(vcpu); taken >= 0; taken = take(vcpu)) {
      vectors.add((long) taken);
      end(vcpu, null);
      if (vectors.size() == STORM) {
        break;
      }
    }
    reply.out("vectors", vectors);
  }

  void writeTo(FingerprintSink sink) {
    inService.forEach(
        (vcpu, taken) -> sink.putReference(vcpu).putReference(ImmutableList.copyOf(taken)));
  }
}
