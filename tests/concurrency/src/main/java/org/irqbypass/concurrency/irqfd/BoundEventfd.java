package org.irqbypass.concurrency.irqfd;

import org.irqbypass.concurrency.X86Host;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.kvm.IrqfdRequest;

/** An eventfd that is bound to a guest interrupt, or is about to be, and the interrupt's route. */
class BoundEventfd {
  static final int BEFORE = 0x41;
  static final int AFTER = 0x52;

  final X86Host host;
  final EventfdContext eventfd;
  private final int fd;

  BoundEventfd(X86Host host) {
    this.host = host;
    eventfd = host.eventfd();
    fd = host.install(eventfd);
    host.vm.setGsiRouting(X86Host.route(BEFORE), 0);
  }

  final void bind() {
    host.vm.irqfd(IrqfdRequest.assign(fd, X86Host.GSI));
  }

  final void unbind() {
    host.vm.irqfd(IrqfdRequest.deassign(fd, X86Host.GSI));
  }
}
