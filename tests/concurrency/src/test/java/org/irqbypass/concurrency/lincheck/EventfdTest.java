package org.irqbypass.concurrency.lincheck;

import java.util.Set;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdFlag;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.eventfd.Poll;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.ThreadWaiter;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;

/** Eventfd: read, write, signal and poll, near its maximum too (semantics 2). */
class EventfdTest extends Linearizability {
  EventfdTest() {
    super("eventfd read, write, signal, poll", Concurrent.class, Sequential.class);
  }

  /** An eventfd that does not block. */
  @Param(name = "value", gen = IntGen.class, conf = "-3:2")
  public static final class Concurrent {
    private final EventfdContext eventfd =
        new EventfdContext(
            new Eventfds(new ThreadWaiter(), Tracepoints.untimed()),
            0,
            Set.of(EventfdFlag.NONBLOCK));

    @Operation
    public String read() {
      try {
        return Long.toUnsignedString(eventfd.read());
      } catch (ErrnoException refused) {
        return refused.errno().toString();
      }
    }

    /** Negative numbers are unsigned ones below 2^64: what is near the maximum. */
    @Operation
    public String write(@Param(name = "value") int value) {
      try {
        eventfd.write(value);
        return "ok";
      } catch (ErrnoException refused) {
        return refused.errno().toString();
      }
    }

    @Operation
    public boolean signal() {
      return eventfd.signal();
    }

    @Operation
    public int poll() {
      return eventfd.poll();
    }
  }

  /** A number. */
  public static final class Sequential {
    private static final long MAXIMUM = -1;

    private long count;

    public String read() {
      long taken = count;
      count = 0;
      return taken == 0 ? "EAGAIN" : Long.toUnsignedString(taken);
    }

    public String write(int value) {
      if (value == MAXIMUM) {
        return "EINVAL";
      }
      long room = MAXIMUM - 1 - count; // the maximum itself is not reached by a write
      if (count == MAXIMUM || Long.compareUnsigned(value, room) > 0) {
        return "EAGAIN";
      }
      count += value;
      return "ok";
    }

    public boolean signal() {
      count = count == MAXIMUM ? MAXIMUM : count + 1;
      return true;
    }

    public int poll() {
      return (count == 0 ? 0 : Poll.IN)
          | (count == MAXIMUM ? Poll.ERR : 0)
          | (count == MAXIMUM || count == MAXIMUM - 1 ? 0 : Poll.OUT);
    }
  }
}
