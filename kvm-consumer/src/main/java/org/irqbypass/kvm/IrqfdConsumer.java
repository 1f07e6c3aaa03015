package org.irqbypass.kvm;

import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.ConnectPolicy;
import org.jspecify.annotations.Nullable;

/** An irqfd's consumer: follows the irqfd's cached route ({@code kvm_kernel_irqfd.consumer}). */
final class IrqfdConsumer extends VmConsumer {
  private final Irqfd irqfd;

  IrqfdConsumer(Vm vm, Irqfd irqfd, ConnectPolicy policy) {
    super(vm, policy);
    this.irqfd = irqfd;
  }

  @Override
  public int gsi() {
    return irqfd.gsi();
  }

  @Override
  public @Nullable Route route() {
    return irqfd.route();
  }

  @Override
  public @Nullable Route formerRoute() {
    return irqfd.formerRoute();
  }

  @Override
  BypassReason reasonOfNoRoute() {
    return vm().routing().at(gsi()).length == 0
        ? BypassReason.ROUTE_MISSING
        : BypassReason.ROUTE_AMBIGUOUS;
  }

  @Override
  void producerChanged() {
    vm().irqfdTable().producerChanged(irqfd);
  }

  @Override
  public String toString() {
    return "consumer of " + irqfd;
  }
}
