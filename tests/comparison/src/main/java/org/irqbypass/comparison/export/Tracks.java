package org.irqbypass.comparison.export;

import java.util.HashMap;
import java.util.Map;
import org.irqbypass.host.HostIrqEvent;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.kvm.Vm;
import org.irqbypass.scenario.Execution;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.SimulatedHost;
import org.irqbypass.scenario.WorkEvent;
import org.irqbypass.trace.TraceEvent;

/**
 * Finds where things happen: a call of userspace in the thread that makes it, and what the kernel
 * does for it too; what a device starts in the host's interrupt handlers; deferred work in a worker
 * of its own; what a guest does at its vCPU. For one run.
 */
final class Tracks {
  /** What the hardware between devices and processors does. */
  static final Track CONTROLLER = new Track("hardware", "interrupt controller");

  /** The host's interrupt handlers. */
  static final Track HANDLERS = new Track("host kernel", "interrupt handlers");

  /** The host's deferred work. */
  static final Track WORKER = new Track("host kernel", "kworker");

  /** By identity: two VMs may have borne one name. */
  private final Map<Vm, String> vmNames = new HashMap<>();

  private Track step = CONTROLLER;
  private boolean raised;
  private int working;

  /** A step was taken; its events are asked for next, in order. */
  void begin(Execution.Step taken, SimulatedHost host) {
    if (taken.operation().name().equals("vm.new") && taken.outcome().succeeded()) {
      String vm = taken.operation().text("vm");
      vmNames.put(host.kvm().vm(host.descriptors().fd("vm:" + vm)), vm);
    }
    raised = taken.actor().equals("device");
    working = 0;
    step = where(taken.actor(), taken.operation());
  }

  private static Track where(String actor, Operation operation) {
    if (actor.equals("device")) {
      return new Track("hardware", operation.text("dev", "device"));
    }
    if (operation.has("vm") && (actor.equals("guest") || operation.name().startsWith("guest."))) {
      return new Track(
          "VM " + operation.text("vm"),
          operation.has("vcpu") ? "vCPU " + operation.integer("vcpu") : "guest");
    }
    return actor.equals("kernel") ? WORKER : new Track("userspace", actor);
  }

  /** Where the step happens itself. */
  Track ofStep() {
    return step;
  }

  /** Where the next event of the step happens. */
  Track of(TraceEvent event) {
    if (event instanceof WorkEvent) {
      working += event instanceof WorkEvent.Begins ? 1 : -1;
      return WORKER;
    }
    if (event instanceof VcpuEvent.Take take) {
      return of(take.vcpu());
    }
    if (event instanceof VcpuEvent.End end) {
      return of(end.vcpu());
    }
    if (event instanceof VcpuEvent.Exit exit) {
      return of(exit.vcpu());
    }
    if (event instanceof VcpuEvent.Load load) {
      return of(load.vcpu());
    }
    if (event instanceof VcpuEvent.Put put) {
      return of(put.vcpu());
    }
    if (event instanceof VcpuEvent.WakeUp wakeUp) {
      return of(wakeUp.vcpu());
    }
    if (event instanceof VcpuEvent.Posted || event instanceof HostIrqEvent.Raised) {
      return CONTROLLER;
    }
    return working > 0 ? WORKER : raised ? HANDLERS : step;
  }

  private Track of(Vcpu vcpu) {
    return new Track("VM " + vmNames.getOrDefault(vcpu.vm(), "?"), "vCPU " + vcpu.id());
  }
}
