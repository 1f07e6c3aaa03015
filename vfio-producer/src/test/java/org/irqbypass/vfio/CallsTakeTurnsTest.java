package org.irqbypass.vfio;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import java.util.LinkedHashMap;
import java.util.Map;
import org.irqbypass.errno.Errno;
import org.irqbypass.registry.PrivateToken;
import org.irqbypass.vfio.pci.VfioPciDevice;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Whichever threads make them, calls for one group or one device come one after the other. */
class CallsTakeTurnsTest {
  private final VfioHost host = VfioHost.remapped();
  private final Vfio vfio = host.vfio;
  private final VfioPciDevice nic = new VfioPciDevice(vfio, "nic", host.function().build());
  private final VfioGroup group = new VfioGroup(vfio, 4).add(nic);
  private final int groupFd = vfio.openGroup(group);
  private final VfioGroupFile file = vfio.group(groupFd);
  private final int container = vfio.openContainer();
  private final Map<String, Runnable> calls = new LinkedHashMap<>();
  private final Map<String, @Nullable Errno> met = new LinkedHashMap<>();

  private void makeCalls() {
    host.beforeLock = lock -> {};
    calls.forEach((name, call) -> met.put(name, VfioHost.onAnotherThread(call)));
  }

  private void makeCallsBefore(String inner) {
    host.beforeLock =
        lock -> {
          if (lock.equals(inner)) {
            makeCalls();
          }
        };
  }

  private void assertAllWouldWait() {
    assertThat(met.keySet()).isEqualTo(calls.keySet());
    met.forEach((name, errno) -> assertWithMessage(name).that(errno).isEqualTo(Errno.EDEADLK));
  }

  private void attach() {
    file.setContainer(container);
    vfio.container(container).setIommu(VfioContainerFile.TYPE1_IOMMU);
  }

  /** The container's lock is taken inside the group's. */
  @Test
  void callsForAGroupWaitForTheOneUnderWay() {
    VfioPciDevice other = new VfioPciDevice(vfio, "other", host.function().build());
    calls.put("is open", group::isOpen);
    calls.put("open", () -> vfio.openGroup(group));
    calls.put("add", () -> group.add(other));
    calls.put("status", file::status);
    calls.put("set container", () -> file.setContainer(container));
    calls.put("unset container", file::unsetContainer);
    calls.put("device", () -> file.deviceFd("nic"));
    makeCallsBefore("a VFIO container");
    file.setContainer(container);
    assertAllWouldWait();

    assertThat(file.status())
        .isEqualTo(VfioGroupFile.FLAG_VIABLE | VfioGroupFile.FLAG_CONTAINER_SET);
    new VfioGroup(vfio, 5).add(other); // it joined no group meanwhile
  }

  @Test
  void whatOpensADeviceWaitsForTheOpeningUnderWay() {
    attach();
    calls.put("open", () -> file.deviceFd("nic"));
    calls.put("when closed", () -> nic.whenClosed(() -> {}));
    makeCallsBefore("the igate of nic");
    int fd = file.deviceFd("nic");
    assertAllWouldWait();

    host.descriptors.close(fd);
    assertThat(nic.isOpen()).isFalse();
    file.unsetContainer(); // the opening that was refused left no user behind
  }

  @Test
  void callsForADeviceWaitForTheOneUnderWay() {
    attach();
    int fd = file.deviceFd("nic");
    VfioInterrupt vector = nic.interrupt(IrqIndex.MSIX, 3);
    calls.put("set irqs", () -> nic.setIrqs(IrqSet.disable(IrqIndex.MSIX)));
    calls.put("config", () -> nic.writeConfig(4, 2, 0));
    calls.put("forward", () -> vector.forward(new PrivateToken("token")));
    calls.put("un-forward", vector::unforward);
    calls.put("close", () -> host.descriptors.close(fd));
    boolean[] once = {false};
    host.trace.listen(
        (nanos, event) -> {
          if (event instanceof VfioEvent.SetVectorSignal && !once[0]) {
            once[0] = true;
            makeCalls();
          }
        });
    nic.setIrqs(IrqSet.trigger(IrqIndex.MSIX, 0, host.eventfd()));

    assertAllWouldWait();
    assertThat(vector.isForwarded()).isFalse();
  }
}
