package org.irqbypass.concurrency.lincheck;

import static org.irqbypass.concurrency.lincheck.ThreadedHost.told;

import org.irqbypass.concurrency.X86Host;
import org.irqbypass.legacy.KvmVfioDevIrq;
import org.irqbypass.legacy.KvmVfioDevice;
import org.irqbypass.legacy.LegacyApi;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.vfio.IrqIndex;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;

/**
 * The explicit attributes of the KVM-VFIO device: a group is added and deleted, two messages are
 * forwarded to two guest interrupts, forwarded elsewhere, and taken back (semantics 7.4).
 */
class ExplicitAttributesTest extends Linearizability {
  ExplicitAttributesTest() {
    super("explicit attributes of the KVM-VFIO device", Concurrent.class, Sequential.class);
  }

  /** A VM's KVM-VFIO device, and a VFIO device. */
  @Param(name = "vector", gen = IntGen.class, conf = "0:1")
  @Param(name = "gsi", gen = IntGen.class, conf = "0:1")
  public static final class Concurrent {
    private final X86Host host = new ThreadedHost(ConnectPolicy.DISABLED).host;
    private final X86Host.Device device = host.device(2);
    private final KvmVfioDevice kvmVfio;

    /** Makes them. */
    public Concurrent() {
      var unused = LegacyApi.install(host.kvm, host.vfio);
      kvmVfio = (KvmVfioDevice) host.kvm.device(host.vm.createDevice(KvmVfioDevice.TYPE, 0));
    }

    @Operation
    public String addGroup() {
      return told(() -> kvmVfio.addGroup(device.groupFd()));
    }

    @Operation
    public String deleteGroup() {
      return told(() -> kvmVfio.deleteGroup(device.groupFd()));
    }

    @Operation
    public String forward(@Param(name = "vector") int vector, @Param(name = "gsi") int gsi) {
      return told(
          () ->
              kvmVfio.forward(
                  KvmVfioDevIrq.of(device.fd(), IrqIndex.MSIX, vector, X86Host.GSI + gsi)));
    }

    @Operation
    public String unforward(@Param(name = "vector") int vector) {
      return told(
          () -> kvmVfio.unforward(KvmVfioDevIrq.range(device.fd(), IrqIndex.MSIX, vector, 1)));
    }

    @Operation
    public int forwarded() {
      return kvmVfio.forwarded().size();
    }
  }

  /** Whether the group was added, and to what each message is forwarded. */
  public static final class Sequential {
    private boolean added;
    private final int[] gsis = {-1, -1};

    public String addGroup() {
      if (added) {
        return "EEXIST";
      }
      added = true;
      return "ok";
    }

    public String deleteGroup() {
      if (!added) {
        return "ENOENT";
      }
      added = false;
      return "ok";
    }

    public String forward(int vector, int gsi) {
      if (!added) {
        return "ENOENT";
      }
      if (gsis[1 - vector] == gsi) {
        return "EBUSY";
      }
      gsis[vector] = gsi;
      return "ok";
    }

    public String unforward(int vector) {
      if (!added || gsis[vector] < 0) {
        return "ENOENT";
      }
      gsis[vector] = -1;
      return "ok";
    }

    public int forwarded() {
      return (gsis[0] < 0 ? 0 : 1) + (gsis[1] < 0 ? 0 : 1);
    }
  }
}
