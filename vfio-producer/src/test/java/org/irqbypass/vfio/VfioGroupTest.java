package org.irqbypass.vfio;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.vfio.VfioHost.assertErrno;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.irqbypass.errno.Errno;
import org.irqbypass.vfio.pci.VfioPciDevice;
import org.junit.jupiter.api.Test;

/** Groups, containers and descriptors of devices. */
class VfioGroupTest {
  private final VfioHost host = VfioHost.remapped();
  private final Vfio vfio = host.vfio;
  private final VfioPciDevice nic = new VfioPciDevice(vfio, "nic", host.function().build());
  private final VfioGroup group = new VfioGroup(vfio, 4).add(nic);

  private int openInContainer() {
    int container = vfio.openContainer();
    int fd = vfio.openGroup(group);
    vfio.group(fd).setContainer(container);
    vfio.container(container).setIommu(3);
    return fd;
  }

  @Test
  void aGroupIsOpenedOnceAtATime() {
    int fd = vfio.openGroup(group);
    assertErrno(Errno.EBUSY, () -> vfio.openGroup(group));
    host.descriptors.close(fd);
    assertThat(group.isOpen()).isFalse();
    vfio.openGroup(group);
    assertThat(group.isOpen()).isTrue();
  }

  @Test
  void whoeverRefersToTheFileKeepsTheGroupOpen() {
    int fd = vfio.openGroup(group);
    VfioGroupFile file = vfio.group(fd);
    assertThat(file.get()).isTrue(); // a KVM-VFIO device
    host.descriptors.close(fd);
    assertErrno(Errno.EBUSY, () -> vfio.openGroup(group));
    file.put();
    vfio.openGroup(group);
  }

  @Test
  void anOpenDeviceKeepsTheGroupOpen() {
    int fd = openInContainer();
    int device = vfio.group(fd).deviceFd("nic");
    host.descriptors.close(fd);
    assertErrno(Errno.EBUSY, () -> vfio.openGroup(group));
    assertThat(vfio.device(device).irqInfo(IrqIndex.MSIX, 16).count()).isEqualTo(8);
    host.descriptors.close(device);
    assertThat(group.isOpen()).isFalse();
  }

  @Test
  void aDeviceClosesWithItsLastDescriptor() {
    int fd = openInContainer();
    int first = vfio.group(fd).deviceFd("nic");
    int second = vfio.group(fd).deviceFd("nic");
    assertThat(second).isNotEqualTo(first);
    nic.setIrqs(IrqSet.trigger(IrqIndex.MSIX, 0, host.eventfd()));
    host.descriptors.close(first);
    assertThat(nic.isOpen()).isTrue();
    assertThat(host.registry.registered()).isEqualTo(1);
    host.descriptors.close(second);
    assertThat(nic.isOpen()).isFalse();
    assertThat(host.registry.registered()).isEqualTo(0);
  }

  @Test
  void status() {
    int fd = vfio.openGroup(group);
    assertThat(vfio.group(fd).status()).isEqualTo(VfioGroupFile.FLAG_VIABLE);
    vfio.group(fd).setContainer(vfio.openContainer());
    assertThat(vfio.group(fd).status())
        .isEqualTo(VfioGroupFile.FLAG_VIABLE | VfioGroupFile.FLAG_CONTAINER_SET);
    assertThat(vfio.group(fd).group()).isSameInstanceAs(group);
    assertThat(group.number()).isEqualTo(4);
  }

  @Test
  void setContainer() {
    VfioGroupFile file = vfio.group(vfio.openGroup(group));
    assertErrno(Errno.EBADF, () -> file.setContainer(99));
    assertErrno(Errno.EINVAL, () -> file.setContainer(host.eventfd()));
    int container = vfio.openContainer();
    file.setContainer(container);
    assertErrno(Errno.EINVAL, () -> file.setContainer(container));
  }

  @Test
  void setIommu() {
    int container = vfio.openContainer();
    assertErrno(Errno.EINVAL, () -> vfio.container(container).setIommu(1)); // no group
    VfioGroupFile file = vfio.group(vfio.openGroup(group));
    file.setContainer(container);
    assertErrno(Errno.ENODEV, () -> vfio.container(container).setIommu(99));
    vfio.container(container).setIommu(1);
    assertErrno(Errno.EINVAL, () -> vfio.container(container).setIommu(1));
    file.unsetContainer(); // the last group takes the driver away
    file.setContainer(container);
    vfio.container(container).setIommu(3);
  }

  @Test
  void unsetContainer() {
    VfioGroupFile file = vfio.group(vfio.openGroup(group));
    assertErrno(Errno.EINVAL, file::unsetContainer);
    int container = vfio.openContainer();
    file.setContainer(container);
    vfio.container(container).setIommu(1);
    int device = file.deviceFd("nic");
    assertErrno(Errno.EBUSY, file::unsetContainer);
    host.descriptors.close(device);
    file.unsetContainer();
    assertThat(file.status()).isEqualTo(VfioGroupFile.FLAG_VIABLE);
  }

  @Test
  void aContainerOutlivesItsDescriptor() {
    int container = vfio.openContainer();
    VfioGroupFile file = vfio.group(vfio.openGroup(group));
    file.setContainer(container);
    vfio.container(container).setIommu(1);
    host.descriptors.close(container);
    assertThat(vfio.device(file.deviceFd("nic"))).isSameInstanceAs(nic);
  }

  @Test
  void deviceFd() {
    VfioGroupFile file = vfio.group(vfio.openGroup(group));
    assertErrno(Errno.ENODEV, () -> file.deviceFd("disk"));
    assertErrno(Errno.EINVAL, () -> file.deviceFd("nic")); // no container
    file.setContainer(vfio.openContainer());
    assertErrno(Errno.EINVAL, () -> file.deviceFd("nic")); // no IOMMU
  }

  @Test
  void descriptorsOfTheWrongKind() {
    int eventfd = host.eventfd();
    int container = vfio.openContainer();
    assertErrno(Errno.EBADF, () -> vfio.group(77));
    assertErrno(Errno.EINVAL, () -> vfio.group(eventfd));
    assertErrno(Errno.EINVAL, () -> vfio.container(eventfd));
    assertErrno(Errno.EINVAL, () -> vfio.device(container));
    assertErrno(Errno.EBADF, () -> vfio.device(-1));
  }

  @Test
  void whatIsToBeDoneAtTheCloseIsDoneOnceAndBeforeTheInterruptsGo() {
    int fd = openInContainer();
    int device = vfio.group(fd).deviceFd("nic");
    nic.setIrqs(IrqSet.trigger(IrqIndex.MSIX, 0, host.eventfd()));
    StringBuilder told = new StringBuilder();
    nic.whenClosed(() -> told.append(host.registry.registered()));
    host.descriptors.close(device);
    assertThat(told.toString()).isEqualTo("1");
    host.descriptors.close(vfio.group(fd).deviceFd("nic"));
    assertThat(told.toString()).isEqualTo("1");
  }

  @Test
  void nothingIsLeftWhenAllIsClosed() {
    int fd = openInContainer();
    vfio.group(fd).deviceFd("nic");
    for (int any = 0; any < 8; any++) {
      int closing = any;
      try {
        host.descriptors.close(closing);
      } catch (org.irqbypass.errno.ErrnoException notOpen) {
        assertThat(notOpen.errno()).isEqualTo(Errno.EBADF);
      }
    }
    assertThat(host.descriptors.open()).isEqualTo(0);
    assertThat(group.isOpen()).isFalse();
    assertThat(nic.isOpen()).isFalse();
  }

  @Test
  void aDeviceIsInOneGroup() {
    assertThat(nic.group()).isSameInstanceAs(group);
    VfioGroup other = new VfioGroup(vfio, 5);
    assertThrows(IllegalStateException.class, () -> other.add(nic));
    assertThrows(IllegalArgumentException.class, () -> group.add(nic));
    VfioPciDevice alone = new VfioPciDevice(vfio, "alone", host.function().build());
    assertThrows(IllegalStateException.class, alone::group);
    assertThat(other.add(alone)).isSameInstanceAs(other);
    assertThat(alone.group()).isSameInstanceAs(other);
  }

  @Test
  void aRefusalSaysWhatIsMissing() {
    int container = vfio.openContainer();
    assertThat(assertErrno(Errno.EINVAL, () -> vfio.container(container).setIommu(1)))
        .hasMessageThat()
        .contains("no group");
    VfioGroupFile file = vfio.group(vfio.openGroup(group));
    assertThat(assertErrno(Errno.EINVAL, () -> file.deviceFd("nic")))
        .hasMessageThat()
        .isEqualTo("EINVAL: VFIO group 4 is in no container");
    file.setContainer(container);
    assertThat(assertErrno(Errno.EINVAL, () -> file.deviceFd("nic")))
        .hasMessageThat()
        .isEqualTo("EINVAL: VFIO group 4 has no IOMMU");
    vfio.container(container).setIommu(1);
    assertThat(assertErrno(Errno.EINVAL, () -> vfio.container(container).setIommu(1)))
        .hasMessageThat()
        .contains("an IOMMU already");
    file.deviceFd("nic");
    file.deviceFd("nic");
    assertThat(assertErrno(Errno.EBUSY, file::unsetContainer))
        .hasMessageThat()
        .isEqualTo("EBUSY: VFIO group 4 has 2 open device descriptors");
  }
}
