package org.irqbypass.comparison.export;

import com.google.common.base.CaseFormat;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import java.util.Locale;
import org.irqbypass.host.HostIrqEvent;
import org.irqbypass.host.Raise;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.legacy.LegacyEvent;
import org.irqbypass.scenario.SimulatedHost;
import org.irqbypass.scenario.TraceRenderer;
import org.irqbypass.scenario.WorkEvent;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.vfio.VfioEvent;
import org.jspecify.annotations.Nullable;

/**
 * Spells events with the names of Linux's tracepoints and functions: as {@link TraceRenderer} where
 * recordings of kernels show them, and besides what a kernel could show and these recordings did
 * not ask for. What only hardware or the guest does leaves no trace in a kernel, and has no
 * spelling here. Must see every event of a host, in order.
 */
final class LinuxSpelling {
  private final TraceRenderer renderer;

  LinuxSpelling(SimulatedHost host) {
    this.renderer = new TraceRenderer(host);
  }

  /** The tracepoint of an event; null where a kernel shows none. */
  @Nullable Tracepoint of(TraceEvent event) {
    String recorded = Iterables.getFirst(renderer.render(ImmutableList.of(event)), null);
    return recorded == null ? besides(event) : parse(recorded);
  }

  /** Of {@code name: detail}, {@code function(arguments)}, {@code function=result}. */
  private static Tracepoint parse(String line) {
    int end = 0;
    while (end < line.length()
        && (Character.isLetterOrDigit(line.charAt(end)) || line.charAt(end) == '_')) {
      end++;
    }
    String name = line.substring(0, end);
    String rest = line.substring(end);
    if (rest.startsWith(": ")) {
      return new Tracepoint(name, rest.substring(2));
    }
    return rest.startsWith("=")
        ? Tracepoint.exit(name, "ret=" + rest.substring(1))
        : Tracepoint.entry(name, rest);
  }

  private static @Nullable Tracepoint besides(TraceEvent event) {
    if (event instanceof HostIrqEvent irq) {
      return host(irq);
    }
    if (event instanceof VcpuEvent vcpu) {
      return vcpu(vcpu);
    }
    if (event instanceof WorkEvent.Begins begins) {
      return new Tracepoint("workqueue_execute_start", "function " + begins.work().name());
    }
    if (event instanceof WorkEvent.Ends ends) {
      return new Tracepoint("workqueue_execute_end", "function " + ends.work().name());
    }
    if (event instanceof VfioEvent.ProducerRefused refused) {
      return new Tracepoint(
          "console", "irq bypass producer registration fails: " + refused.result());
    }
    if (event instanceof LegacyEvent.GroupAdded added) {
      return Tracepoint.entry("kvm_vfio_file_add", "(group " + added.group().number() + ")");
    }
    if (event instanceof LegacyEvent.GroupDeleted deleted) {
      return Tracepoint.entry("kvm_vfio_file_del", "(group " + deleted.group().number() + ")");
    }
    return null;
  }

  private static @Nullable Tracepoint host(HostIrqEvent event) {
    if (event instanceof HostIrqEvent.Raised raised && raised.raise() == Raise.HANDLED) {
      return new Tracepoint(
          "irq_handler_exit", "irq=" + raised.irq().number() + " name=" + raised.irq().name());
    }
    if (event instanceof HostIrqEvent.Programmed programmed) {
      VcpuAffinity affinity = programmed.affinity();
      return Tracepoint.entry(
          "irq_set_vcpu_affinity",
          "(irq=" + programmed.irq().number() + ",vcpu_info=" + kind(affinity) + ")");
    }
    return null;
  }

  private static String kind(@Nullable VcpuAffinity affinity) {
    return affinity == null
        ? "NULL"
        : affinity instanceof VcpuAffinity.Posted posted
            ? "posted,vector=" + posted.vector()
            : CaseFormat.UPPER_CAMEL.to(
                CaseFormat.LOWER_UNDERSCORE, affinity.getClass().getSimpleName());
  }

  private static @Nullable Tracepoint vcpu(VcpuEvent event) {
    if (event instanceof VcpuEvent.Exit exit) {
      return new Tracepoint(
          "kvm_exit",
          "vcpu " + exit.vcpu().id() + " reason " + exit.reason().name().toLowerCase(Locale.ROOT));
    }
    if (event instanceof VcpuEvent.Load load) {
      return Tracepoint.entry(
          "kvm_arch_vcpu_load", "(vcpu=" + load.vcpu().id() + ",cpu=" + load.physicalCpu() + ")");
    }
    if (event instanceof VcpuEvent.Put put) {
      return Tracepoint.entry("kvm_arch_vcpu_put", "(vcpu=" + put.vcpu().id() + ")");
    }
    return event instanceof VcpuEvent.WakeUp wakeUp
        ? Tracepoint.entry("kvm_vcpu_wake_up", "(vcpu=" + wakeUp.vcpu().id() + ")")
        : null;
  }
}
