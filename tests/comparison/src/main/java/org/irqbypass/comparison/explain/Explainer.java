package org.irqbypass.comparison.explain;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.comparison.explain.Hop.Pace;
import org.irqbypass.comparison.explain.Hop.Stage;
import org.irqbypass.errno.Errno;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.kvm.ExplicitForwarding;
import org.irqbypass.kvm.Irqfd;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.Route;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.VmConsumer;
import org.irqbypass.kvm.arm64.Arm64Vm;
import org.irqbypass.kvm.arm64.VirtualLpi;
import org.irqbypass.kvm.x86.PostedInterruptDescriptor;
import org.irqbypass.kvm.x86.VirtualApic;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.BypassStatus;
import org.irqbypass.scenario.DeviceDescription;
import org.irqbypass.scenario.HostDevice;
import org.irqbypass.scenario.SimulatedHost;
import org.irqbypass.vfio.VfioInterrupt;
import org.jspecify.annotations.Nullable;

/**
 * Asks every end of every interrupt of a host whether it is bypassed and why not, and follows its
 * way. Reads only. For the thread that runs the host.
 */
public final class Explainer {
  private final SimulatedHost host;

  private Explainer(SimulatedHost host) {
    this.host = host;
  }

  /**
   * Explains every interrupt of the devices that are open.
   *
   * @param host at the moment to be explained
   * @return in order of device, index and vector
   */
  public static ImmutableList<Explanation> explain(SimulatedHost host) {
    Explainer explainer = new Explainer(host);
    ImmutableList.Builder<Explanation> explanations = ImmutableList.builder();
    for (Map.Entry<String, HostDevice> named : host.devices().entrySet()) {
      HostDevice device = named.getValue();
      DeviceDescription description = host.options().devices().get(named.getKey());
      if (device.vfio().isOpen() && description != null) {
        DeviceInterrupts.of(device, description)
            .forEach((interrupt, end) -> explanations.add(explainer.explain(end, interrupt)));
      }
    }
    return explanations.build();
  }

  private Explanation explain(VfioInterrupt end, Interrupt interrupt) {
    BypassStatus status = end.isForwarded() ? end.forwardingStatus() : end.status();
    HostIrq irq = end.hostIrq();
    EventfdContext trigger = end.trigger();
    Irqfd irqfd = trigger == null ? null : irqfdOf(trigger);
    BypassProducer connected = end.connected();
    VmConsumer consumer =
        connected != null && connected.peer() instanceof VmConsumer peer ? peer : null;
    Vcpu target = irq == null ? null : target(irq.vcpuAffinity());
    Cause cause = cause(end, status, irq, irqfd, consumer, target);
    return new Explanation(
        interrupt,
        cause,
        errno(status, irqfd),
        status,
        irqfd == null ? null : irqfd.status(),
        hops(end, status, interrupt, irqfd, consumer, target));
  }

  private static @Nullable Errno errno(BypassStatus status, @Nullable Irqfd irqfd) {
    return status.errno() != null ? status.errno() : irqfd == null ? null : irqfd.status().errno();
  }

  private @Nullable Irqfd irqfdOf(EventfdContext trigger) {
    for (String name : host.descriptors().openOf("vm:")) {
      for (Irqfd irqfd : host.kvm().vm(host.descriptors().fd(name)).irqfds()) {
        if (irqfd.eventfd() == trigger) {
          return irqfd;
        }
      }
    }
    return null;
  }

  private static @Nullable Vcpu target(@Nullable VcpuAffinity affinity) {
    if (affinity instanceof VcpuAffinity.Posted posted
        && posted.target() instanceof PostedInterruptDescriptor descriptor) {
      return descriptor.vcpu();
    }
    if (affinity instanceof VcpuAffinity.VirtualLpi given
        && given.mapping() instanceof VirtualLpi vlpi) {
      return vlpi.vcpu();
    }
    return affinity instanceof VcpuAffinity.GuestMode guest
            && guest.entry().target() instanceof VirtualApic apic
        ? apic.vcpu()
        : null;
  }

  private static Cause cause(
      VfioInterrupt end,
      BypassStatus status,
      @Nullable HostIrq irq,
      @Nullable Irqfd irqfd,
      @Nullable VmConsumer consumer,
      @Nullable Vcpu target) {
    if (irq == null || !irq.isRequested()) {
      return Cause.NOT_SET_UP;
    }
    if (status.isBypassed()) {
      return bypassed(consumer, target);
    }
    if (end.trigger() == null) {
      return Cause.NO_TRIGGER;
    }
    if (status.reason() == BypassReason.NO_PEER) {
      return irqfd == null ? Cause.NO_IRQFD : unregistered(irqfd);
    }
    if (status.reason() == BypassReason.NOT_REGISTERED) {
      return Cause.NO_PRODUCER;
    }
    return Cause.of(status.reason());
  }

  /** VFIO's end is there, and KVM's is not although there is an irqfd: it knows why. */
  private static Cause unregistered(Irqfd irqfd) {
    BypassReason reason = irqfd.status().reason();
    return reason == BypassReason.NO_PEER ? Cause.NO_PEER : Cause.of(reason);
  }

  private static Cause bypassed(@Nullable VmConsumer consumer, @Nullable Vcpu target) {
    if (consumer instanceof ExplicitForwarding && isStale(consumer)) {
      return Cause.STALE_ROUTE;
    }
    if (target == null || target.scheduling() == Vcpu.Scheduling.LOADED) {
      return Cause.BYPASSED;
    }
    return target.scheduling() == Vcpu.Scheduling.BLOCKED
        ? Cause.VCPU_BLOCKED
        : Cause.VCPU_PREEMPTED;
  }

  private static boolean isStale(VmConsumer consumer) {
    Route used = consumer.route();
    Route now = consumer.vm().routing().onlyRoute(consumer.gsi());
    return used != null && (now == null || !used.entry().equals(now.entry()));
  }

  private ImmutableList<Hop> hops(
      VfioInterrupt end,
      BypassStatus status,
      Interrupt interrupt,
      @Nullable Irqfd irqfd,
      @Nullable VmConsumer consumer,
      @Nullable Vcpu target) {
    HostIrq irq = end.hostIrq();
    List<Hop> hops = new ArrayList<>();
    boolean late = irq == null || !irq.isRequested();
    hops.add(
        new Hop(
            Stage.DEVICE,
            interrupt.device() + " raises " + interrupt.index() + " " + interrupt.vector(),
            late ? Pace.ENDS : Pace.FAST));
    if (irq == null || late) {
      return ImmutableList.copyOf(hops);
    }
    if (irq.isPosted()) {
      hops.add(new Hop(Stage.HOST, irq.name() + ": hardware delivers it", Pace.FAST));
      if (target != null) {
        hops.add(vcpu(target));
      } else if (consumer != null) {
        hops.add(
            new Hop(Stage.VCPU, "as a virtual interrupt of " + name(consumer.vm()), Pace.FAST));
      }
      return ImmutableList.copyOf(hops);
    }
    hops.add(host(irq));
    EventfdContext trigger = end.trigger();
    hops.add(
        trigger == null
            ? new Hop(Stage.VFIO, "VFIO's handler has no eventfd to signal", Pace.ENDS)
            : new Hop(Stage.VFIO, "VFIO's handler signals " + name(trigger), Pace.SLOW));
    if (trigger == null) {
      return ImmutableList.copyOf(hops);
    }
    hops.add(new Hop(Stage.REGISTRY, status.toString(), Pace.FAST));
    if (irqfd == null) {
      hops.add(
          new Hop(Stage.IRQFD, "nobody in the kernel reads it: the VMM has to inject", Pace.SLOW));
      return ImmutableList.copyOf(hops);
    }
    hops.add(
        new Hop(
            Stage.IRQFD,
            "irqfd of " + name(irqfd.vm()) + " for gsi " + Integer.toUnsignedString(irqfd.gsi()),
            Pace.SLOW));
    hops.add(route(irqfd));
    return ImmutableList.copyOf(hops);
  }

  private static Hop host(HostIrq irq) {
    if (irq.isForwarded()) {
      return new Hop(
          Stage.HOST, irq.name() + ": the host delivers it, the guest completes it", Pace.SLOW);
    }
    String state =
        irq.isDisabled() ? ", disabled at the moment" : irq.isActive() ? ", in flight" : "";
    return new Hop(Stage.HOST, irq.name() + ": the host takes it" + state, Pace.SLOW);
  }

  private static Hop route(Irqfd irqfd) {
    Route route = irqfd.route();
    if (route == null) {
      boolean none = irqfd.vm().routing().routes(irqfd.gsi()).isEmpty();
      return none
          ? new Hop(Stage.ROUTE, "no route: the interrupt is dropped", Pace.ENDS)
          : new Hop(Stage.ROUTE, "several routes: all of them, by a work item", Pace.SLOW);
    }
    RoutingEntry entry = route.entry();
    if (irqfd.vm().architecture() instanceof Arm64Vm arm64) {
      return arm64Route(arm64, irqfd.gsi(), entry);
    }
    if (entry instanceof RoutingEntry.Message message) {
      Msi msi = message.message();
      return new Hop(
          Stage.ROUTE,
          String.format(
              "message 0x%x to address 0x%x%08x, a kick for a vCPU that runs",
              msi.data(), msi.addressHi(), msi.addressLo()),
          Pace.SLOW);
    }
    if (entry instanceof RoutingEntry.Irqchip pin) {
      return new Hop(
          Stage.ROUTE,
          "pin " + pin.pin() + " of interrupt controller " + pin.irqchip() + ", by a work item",
          Pace.SLOW);
    }
    return new Hop(Stage.ROUTE, "a route that injects nothing", Pace.ENDS);
  }

  private static Hop arm64Route(Arm64Vm arm64, int gsi, RoutingEntry entry) {
    if (entry instanceof RoutingEntry.Irqchip pin) {
      return new Hop(Stage.ROUTE, "pin " + pin.pin() + ", a kick for a vCPU that runs", Pace.SLOW);
    }
    if (!(entry instanceof RoutingEntry.Message message)) {
      return new Hop(Stage.ROUTE, "a route that injects nothing", Pace.ENDS);
    }
    Msi msi = message.message();
    int lpi = arm64.lpiOf(gsi);
    String from = String.format("event %d of device 0x%x", msi.data(), msi.devid());
    return lpi < 0
        ? new Hop(Stage.ROUTE, from + ", which no ITS translates: it is dropped", Pace.ENDS)
        : new Hop(
            Stage.ROUTE, from + " is LPI " + lpi + ", a kick for a vCPU that runs", Pace.SLOW);
  }

  private Hop vcpu(Vcpu vcpu) {
    String who = "vCPU " + vcpu.id() + " of " + name(vcpu.vm());
    return switch (vcpu.scheduling()) {
      case LOADED ->
          new Hop(
              Stage.VCPU,
              who
                  + (vcpu.isInGuestMode()
                      ? " takes it in guest mode, without an exit"
                      : " takes it when it enters guest mode"),
              Pace.FAST);
      case PREEMPTED ->
          new Hop(
              Stage.VCPU, who + " is scheduled out: it waits until the vCPU is loaded", Pace.SLOW);
      case BLOCKED ->
          new Hop(
              Stage.VCPU,
              who + " sleeps, and is woken on physical CPU " + vcpu.physicalCpu(),
              Pace.SLOW);
    };
  }

  private String name(Vm vm) {
    for (String name : host.descriptors().openOf("vm:")) {
      if (host.kvm().vm(host.descriptors().fd(name)) == vm) {
        return name.substring("vm:".length());
      }
    }
    return vm.toString();
  }

  private String name(EventfdContext eventfd) {
    return host.descriptors().nameOf(eventfd);
  }
}
