package org.irqbypass.kvm.arm64;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.HostIrq;
import org.irqbypass.kvm.BypassPath;
import org.irqbypass.kvm.ExplicitForwarding;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.Route;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.VirtualLpiRules;
import org.irqbypass.kvm.VmConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.BypassRefusal;
import org.irqbypass.trace.Tracepoints;
import org.jspecify.annotations.Nullable;

/**
 * What a host with virtual LPIs does for one consumer ({@code kvm_arch_irq_bypass_*()}, {@code
 * arch/arm64/kvm/arm.c} and {@code vgic/vgic-v4.c}): its message is translated as the guest's ITS
 * translates it, and the host interrupt mapped to the LPI that comes out. Whatever cannot be mapped
 * is left to software, and {@link #reason()} says why; what {@link VirtualLpiRules} say makes the
 * connect fail instead.
 *
 * <p>The guest may take the translation away while it is mapped; the host interrupt returns to
 * software then, and is not mapped again before a side is registered again.
 *
 * <p>Guarded by the VM's lock of irqfds.
 */
final class VirtualLpiPath implements BypassPath {
  private final Arm64Vm arm64;
  private final VmConsumer consumer;
  private final VirtualLpiRules rules;
  private final Tracepoints trace;

  /** The message for which the host interrupt was programmed, or would have been. */
  private @Nullable Msi programmed;

  /** Volatile for those who ask for the status. */
  private volatile BypassReason outcome = BypassReason.ROUTE_MISSING;

  VirtualLpiPath(Arm64Vm arm64, VmConsumer consumer) {
    this.arm64 = arm64;
    this.consumer = consumer;
    this.rules = arm64.vm().kvm().rules().virtualLpis();
    this.trace = arm64.vm().trace();
  }

  @Override
  public void stop() {
    arm64.vm().haltVcpus();
  }

  @Override
  public void start() {
    arm64.vm().resumeVcpus();
    arm64.vgic().virtualLpis().resumed();
  }

  @Override
  public int addProducer(BypassProducer producer, @Nullable Route route) {
    HostIrq host = producer.irq();
    int result;
    try {
      result = setForwarding(host, route);
    } catch (ErrnoException refused) {
      throw new BypassRefusal(
          refused.errno(),
          BypassReason.HARDWARE_CANNOT,
          host + " cannot become a virtual LPI: " + refused.getMessage());
    }
    if (result < 0) {
      throw new BypassRefusal(
          Errno.of(-result),
          outcome,
          host + " has no virtual LPI: " + route + " leads to no interrupt that is switched on");
    }
    return result;
  }

  /** {@code kvm_vgic_v4_set_forwarding()}. */
  private int setForwarding(HostIrq host, @Nullable Route route) {
    programmed = messageOf(route);
    if (programmed == null && !rules.routeTypeIgnored()) {
      outcome = route == null ? BypassReason.ROUTE_MISSING : BypassReason.NOT_MSI;
      return 0;
    }
    if (trace.enabled()) {
      trace.emit(new VgicEvent.V4SetForwarding(host, route, consumer.formerRoute()));
    }
    try {
      int result = forward(host, route);
      emitReturned(VgicFunction.KVM_VGIC_V4_SET_FORWARDING, result);
      return result;
    } catch (ErrnoException refused) {
      emitReturned(VgicFunction.KVM_VGIC_V4_SET_FORWARDING, -refused.errno().number());
      throw refused;
    }
  }

  private int forward(HostIrq host, @Nullable Route route) {
    Msi message = cachedMessage(route);
    if (message == null) {
      outcome = route == null ? BypassReason.ROUTE_MISSING : BypassReason.NOT_MSI;
      return 0;
    }
    Its its = arm64.itsOf(message);
    if (its == null) {
      outcome = BypassReason.NOT_TRANSLATED;
      return 0;
    }
    Its.Forwarding forwarding = its.forward(message, host);
    outcome = forwarding.outcome();
    // Userspace that forwards explicitly is not refused a route that is not there yet.
    boolean refuses = rules.untranslatedRefused() && !(consumer instanceof ExplicitForwarding);
    return refuses ? forwarding.result() : 0;
  }

  /** What the irqfd's cached entry says to somebody who does not look at its type. */
  private @Nullable Msi cachedMessage(@Nullable Route route) {
    return messageOf(route == null && rules.routeTypeIgnored() ? consumer.formerRoute() : route);
  }

  private static @Nullable Msi messageOf(@Nullable Route route) {
    return route != null && route.entry() instanceof RoutingEntry.Message message
        ? message.message()
        : null;
  }

  @Override
  public void delProducer(BypassProducer producer) {
    unsetForwarding(producer.irq());
    programmed = null;
  }

  /** {@code kvm_vgic_v4_unset_forwarding()}. */
  private void unsetForwarding(HostIrq host) {
    if (trace.enabled()) {
      trace.emit(new VgicEvent.V4UnsetForwarding(host, consumer.route(), consumer.formerRoute()));
    }
    int result = 0;
    if (rules.unmappedByRoute()) {
      Msi message = cachedMessage(consumer.route());
      Its its = message == null ? null : arm64.itsOf(message);
      if (message != null && its != null) {
        result = its.unforward(message, host);
      }
    } else {
      arm64.vgic().virtualLpis().unmap(host);
    }
    emitReturned(VgicFunction.KVM_VGIC_V4_UNSET_FORWARDING, result);
  }

  @Override
  public int routeChanged(BypassProducer producer, @Nullable Route route) {
    HostIrq host = producer.irq();
    Msi message = messageOf(route);
    if (consumer instanceof ExplicitForwarding) { // userspace asks for just that
      return programAgain(host, route);
    }
    if (message != null && message.equals(programmed)) {
      return 0;
    }
    return switch (rules.routeChange()) {
      case IGNORED -> {
        if (outcome != BypassReason.BYPASSED) { // what is mapped stays so
          outcome = BypassReason.ROUTE_CHANGED;
        }
        yield 0;
      }
      case UNMAPPED -> {
        unsetForwarding(host);
        programmed = message;
        outcome = BypassReason.ROUTE_CHANGED;
        yield 0;
      }
      case MAPPED_AGAIN -> programAgain(host, route);
    };
  }

  private int programAgain(HostIrq host, @Nullable Route route) {
    try {
      arm64.vgic().virtualLpis().unmap(host);
      return setForwarding(host, route);
    } catch (ErrnoException refused) {
      outcome = BypassReason.HARDWARE_CANNOT;
      return -refused.errno().number();
    }
  }

  @Override
  public BypassReason reason() {
    BypassReason now = outcome;
    BypassProducer producer = consumer.producer();
    boolean gone =
        now == BypassReason.BYPASSED
            && producer != null
            && !arm64.vgic().virtualLpis().isMapped(producer.irq());
    return gone ? BypassReason.TRANSLATION_GONE : now;
  }

  private void emitReturned(VgicFunction function, int result) {
    if (trace.enabled()) {
      trace.emit(new VgicEvent.Returned(function, result));
    }
  }
}
