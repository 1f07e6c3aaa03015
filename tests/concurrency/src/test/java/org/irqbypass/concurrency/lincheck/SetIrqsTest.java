package org.irqbypass.concurrency.lincheck;

import static org.irqbypass.concurrency.lincheck.ThreadedHost.told;

import org.irqbypass.concurrency.X86Host;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.vfio.IrqIndex;
import org.irqbypass.vfio.IrqSet;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;

/**
 * {@code VFIO_DEVICE_SET_IRQS} on an MSI-X index of two vectors that cannot grow while it is on:
 * triggers are set, replaced and removed, the index is disabled, a vector signalled by hand
 * (semantics 3.3).
 */
class SetIrqsTest extends Linearizability {
  SetIrqsTest() {
    super("VFIO_DEVICE_SET_IRQS", Concurrent.class, Sequential.class);
  }

  /** A device and two eventfds. */
  @Param(name = "vector", gen = IntGen.class, conf = "0:1")
  @Param(name = "trigger", gen = IntGen.class, conf = "-1:1")
  @Param(name = "eventfd", gen = IntGen.class, conf = "0:1")
  public static final class Concurrent {
    private final X86Host host = new ThreadedHost(ConnectPolicy.OPPORTUNISTIC).host;
    private final X86Host.Device device = host.device(2);
    private final EventfdContext[] eventfds = {host.eventfd(), host.eventfd()};
    private final int[] fds = {host.install(eventfds[0]), host.install(eventfds[1])};

    @Operation
    public String trigger(
        @Param(name = "vector") int vector, @Param(name = "trigger") int trigger) {
      int fd = trigger < 0 ? -1 : fds[trigger];
      return told(() -> device.driver().setIrqs(IrqSet.trigger(IrqIndex.MSIX, vector, fd)));
    }

    @Operation
    public String triggerBoth() {
      return told(() -> device.driver().setIrqs(IrqSet.trigger(IrqIndex.MSIX, 0, fds)));
    }

    @Operation
    public String disable() {
      return told(() -> device.driver().setIrqs(IrqSet.disable(IrqIndex.MSIX)));
    }

    @Operation
    public String loopBack(@Param(name = "vector") int vector) {
      return told(() -> device.driver().setIrqs(IrqSet.loopBack(IrqIndex.MSIX, vector, 1)));
    }

    @Operation
    public long read(@Param(name = "eventfd") int eventfd) {
      try {
        return eventfds[eventfd].read();
      } catch (ErrnoException empty) {
        return 0;
      }
    }
  }

  /** How many vectors the index was enabled with, their triggers, the eventfds' counts. */
  public static final class Sequential {
    private int enabled;
    private final int[] triggers = {-1, -1};
    private final long[] counts = new long[2];

    public String trigger(int vector, int trigger) {
      if (enabled == 0) {
        enabled = vector + 1;
      }
      if (vector >= enabled && trigger >= 0) {
        return "EINVAL";
      }
      triggers[vector] = trigger;
      return "ok";
    }

    public String triggerBoth() {
      if (enabled == 1) {
        triggers[0] = -1; // what was set before the failure is cleared
        return "EINVAL";
      }
      enabled = 2;
      triggers[0] = 0;
      triggers[1] = 1;
      return "ok";
    }

    public String disable() {
      if (enabled == 0) {
        return "EINVAL";
      }
      enabled = 0;
      triggers[0] = -1;
      triggers[1] = -1;
      return "ok";
    }

    public String loopBack(int vector) {
      if (enabled == 0) {
        return "EINVAL";
      }
      if (triggers[vector] >= 0) {
        counts[triggers[vector]]++;
      }
      return "ok";
    }

    public long read(int eventfd) {
      long taken = counts[eventfd];
      counts[eventfd] = 0;
      return taken;
    }
  }
}
