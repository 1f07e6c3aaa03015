package org.irqbypass.scenario;

import java.util.EnumSet;
import java.util.Map;
import java.util.Set;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdFile;
import org.irqbypass.eventfd.EventfdFlag;

/** The operations {@code ef.*}. */
final class EventfdOperations {
  /** {@code EFD_SEMAPHORE}, the only flag bit that changes what a recorded eventfd does. */
  private static final int EFD_SEMAPHORE = 1;

  private final SimulatedHost host;
  private final Descriptors descriptors;

  EventfdOperations(SimulatedHost host) {
    this.host = host;
    this.descriptors = host.descriptors();
  }

  void addTo(Map<String, OperationHandler> handlers) {
    handlers.put("ef.new", this::open);
    handlers.put("ef.read", (op, reply) -> reply.out("value", eventfd(op).read()));
    handlers.put("ef.write", (op, reply) -> eventfd(op).write(op.integer("value", 1)));
    handlers.put("ef.poll", (op, reply) -> reply.out("revents", eventfd(op).poll()));
    handlers.put("ef.close", (op, reply) -> descriptors.close(op.text("fd")));
  }

  private void open(Operation op, Reply reply) {
    Set<EventfdFlag> flags = EnumSet.of(EventfdFlag.NONBLOCK);
    if ((Flags.of(op, "flags", name -> name.equals("SEMAPHORE") ? EFD_SEMAPHORE : 0)
            & EFD_SEMAPHORE)
        != 0) {
      flags.add(EventfdFlag.SEMAPHORE);
    }
    EventfdContext eventfd =
        new EventfdContext(host.eventfds(), op.u32("init", 0) & 0xffffffffL, flags);
    int fd = host.descriptorTable().install(new EventfdFile(eventfd));
    descriptors.bind(op.text("fd"), fd, eventfd);
  }

  private EventfdContext eventfd(Operation op) {
    return host.descriptorTable().eventfd(descriptors.fd(op.text("fd")));
  }
}
