package org.irqbypass.vfio;

import org.irqbypass.assembly.HostKernel;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.registry.ConnectPolicy;

/**
 * VFIO on one host ({@code drivers/vfio/vfio_main.c}): opens containers and groups, finds them and
 * devices behind descriptors, and holds what all devices share. Immutable, and safe for use from
 * many threads.
 */
public final class Vfio {
  private final HostKernel kernel;
  private final VfioRules rules;
  private final ConnectPolicy policy;

  /**
   * Makes a host's VFIO, with nothing open.
   *
   * @param kernel what it shares with the rest of the host
   * @param rules which kernel's
   * @param policy of the producers that VFIO registers by itself
   */
  public Vfio(HostKernel kernel, VfioRules rules, ConnectPolicy policy) {
    this.kernel = kernel;
    this.rules = rules;
    this.policy = policy;
  }

  /**
   * Opens {@code /dev/vfio/vfio}.
   *
   * @return the descriptor of a container without groups
   */
  public int openContainer() {
    return kernel.descriptors().install(new VfioContainerFile(new VfioContainer(kernel.waiter())));
  }

  /**
   * Opens {@code /dev/vfio/$GROUP} ({@code vfio_group_fops_open()}).
   *
   * @param group what to open
   * @return its descriptor
   * @throws ErrnoException {@code EBUSY} while it is open, by whatever still refers to the file
   */
  public int openGroup(VfioGroup group) {
    VfioGroupFile file = group.open();
    return kernel.descriptors().installOrUndo(() -> file, file::put);
  }

  /**
   * The group behind a descriptor.
   *
   * @param fd any number
   * @return the open file
   * @throws ErrnoException {@code EBADF} if nothing is open there, {@code EINVAL} if it is no group
   */
  public VfioGroupFile group(int fd) {
    if (kernel.descriptors().file(fd) instanceof VfioGroupFile group) {
      return group;
    }
    throw wrongKind(fd, "VFIO group");
  }

  /**
   * The container behind a descriptor.
   *
   * @param fd any number
   * @return the open file
   * @throws ErrnoException {@code EBADF} if nothing is open there, {@code EINVAL} if it is no
   *     container
   */
  public VfioContainerFile container(int fd) {
    if (kernel.descriptors().file(fd) instanceof VfioContainerFile container) {
      return container;
    }
    throw wrongKind(fd, "VFIO container");
  }

  /**
   * The device behind a descriptor.
   *
   * @param fd any number
   * @return the device
   * @throws ErrnoException {@code EBADF} if nothing is open there, {@code EINVAL} if it is no
   *     device of VFIO
   */
  public VfioDevice device(int fd) {
    if (kernel.descriptors().file(fd) instanceof VfioDeviceFile device) {
      return device.device();
    }
    throw wrongKind(fd, "VFIO device");
  }

  private static ErrnoException wrongKind(int fd, String kind) {
    return new ErrnoException(Errno.EINVAL, "descriptor " + fd + " is no " + kind);
  }

  /**
   * What this shares with the rest of the host.
   *
   * @return the kernel it belongs to
   */
  public HostKernel kernel() {
    return kernel;
  }

  /**
   * Which kernel this is.
   *
   * @return its rules
   */
  public VfioRules rules() {
    return rules;
  }

  /**
   * The policy of the producers that VFIO registers by itself.
   *
   * @return the same at each call
   */
  public ConnectPolicy policy() {
    return policy;
  }
}
