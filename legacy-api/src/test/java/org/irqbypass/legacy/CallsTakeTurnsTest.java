package org.irqbypass.legacy;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.BypassMode;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.PostedPlatform;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.vfio.IrqIndex;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** The device's calls come one after the other, whichever thread makes them. */
final class CallsTakeTurnsTest {
  /** An IOMMU in the middle of whose work a test can look at the host, and which can break. */
  private static final class WatchedPlatform implements HostPlatform {
    private final PostedPlatform hardware = new PostedPlatform("x86-posted");
    private Runnable whileProgrammed = () -> {};

    @Override
    public String name() {
      return hardware.name();
    }

    @Override
    public BypassMode bypass() {
      return hardware.bypass();
    }

    @Override
    public void setVcpuAffinity(HostIrq irq, @Nullable VcpuAffinity affinity) {
      whileProgrammed.run();
      hardware.setVcpuAffinity(irq, affinity);
    }
  }

  private final WatchedPlatform iommu = new WatchedPlatform();
  private final LegacyHost host =
      new LegacyHost(iommu, ConnectPolicy.DISABLED, LegacyRules.PROPOSAL_2015);
  private final int nic = host.openNic();
  private final int vm = host.openGuest();
  private final int kvFd = host.createKv(vm);
  private final KvmVfioDevice kv = host.device(kvFd);

  CallsTakeTurnsTest() {
    kv.addGroup(host.nicGroupFd);
    host.route(vm, LegacyHost.message(24, 65), LegacyHost.message(25, 66));
    host.trigger(host.nic, IrqIndex.MSIX, 0, host.eventfd(), host.eventfd());
  }

  private KvmVfioDevIrq both() {
    return KvmVfioDevIrq.of(nic, IrqIndex.MSIX, 0, 24, 25);
  }

  private static @Nullable Errno errnoOnAnotherThread(Runnable call) {
    Errno[] errno = new Errno[1];
    Thread thread =
        new Thread(
            () -> {
              try {
                call.run();
              } catch (ErrnoException refused) {
                errno[0] = refused.errno();
              }
            });
    thread.start();
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
    return errno[0];
  }

  /** On a host of one thread a wait for another is a deadlock, which says that it would wait. */
  @Test
  void everyCallWaitsForTheOneUnderWay() {
    int uartGroup = host.openGroup(host.uartGroup);
    Map<String, Runnable> calls = new LinkedHashMap<>();
    calls.put("add", () -> kv.addGroup(uartGroup));
    calls.put("delete", () -> kv.deleteGroup(host.nicGroupFd));
    calls.put("forward", () -> kv.forward(KvmVfioDevIrq.of(nic, IrqIndex.MSIX, 2, 26)));
    calls.put("unforward", () -> kv.unforward(both()));
    calls.put("groups", kv::groups);
    calls.put("forwarded", kv::forwarded);
    calls.put("close", () -> host.descriptors.close(kvFd));
    Map<String, Errno> met = new LinkedHashMap<>();
    iommu.whileProgrammed =
        () -> {
          iommu.whileProgrammed = () -> {};
          calls.forEach((name, call) -> met.put(name, errnoOnAnotherThread(call)));
        };
    kv.forward(both());

    assertThat(met.keySet()).isEqualTo(calls.keySet());
    met.forEach((name, errno) -> assertWithMessage(name).that(errno).isEqualTo(Errno.EDEADLK));
    assertThat(kv.groups()).containsExactly(host.nicGroup);
    assertThat(kv.forwarded()).hasSize(2);
  }

  /** What one interrupt's hardware throws keeps no other interrupt forwarded. */
  @Test
  void unforwardingGoesOnWhereTheHardwareFailsAndTellsEveryFailure() {
    kv.forward(both());
    List<RuntimeException> faults = new ArrayList<>();
    iommu.whileProgrammed =
        () -> {
          faults.add(new IllegalStateException("fault " + faults.size()));
          throw faults.get(faults.size() - 1);
        };
    RuntimeException thrown = assertThrows(RuntimeException.class, () -> kv.unforward(both()));

    assertThat(faults).hasSize(2);
    assertThat(thrown).isSameInstanceAs(faults.get(0));
    assertThat(thrown.getSuppressed()).asList().containsExactly(faults.get(1));
    assertThat(kv.forwarded()).isEmpty();
    assertThat(host.registry.registered()).isEqualTo(0);
  }
}
