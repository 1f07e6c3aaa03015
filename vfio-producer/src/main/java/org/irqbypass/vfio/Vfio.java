package org.irqbypass.vfio;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.DescriptorTable;
import org.irqbypass.eventfd.OpenFile;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.Waiter;
import org.irqbypass.work.WorkQueue;

/**
 * VFIO on one host ({@code drivers/vfio/vfio_main.c}): opens containers and groups, finds them and
 * devices behind descriptors, and holds what all devices share. Immutable, and safe for use from
 * many threads.
 */
public final class Vfio {
  private final DescriptorTable descriptors;
  private final BypassRegistry registry;
  private final WorkQueue workQueue;
  private final Waiter waiter;
  private final Tracepoints trace;
  private final VfioRules rules;
  private final ConnectPolicy policy;
  private final HostPlatform platform;

  /**
   * Makes a host's VFIO, with nothing open.
   *
   * @param descriptors of the process whose calls these are
   * @param registry takes the producers
   * @param workQueue runs what cannot be done from inside an eventfd's wake-up
   * @param waiter is used by calls that wait for another one, or for a handler in flight
   * @param trace is told of each step
   * @param rules which kernel's
   * @param policy of the producers that VFIO registers by itself
   * @param platform the host's hardware
   */
  public Vfio(
      DescriptorTable descriptors,
      BypassRegistry registry,
      WorkQueue workQueue,
      Waiter waiter,
      Tracepoints trace,
      VfioRules rules,
      ConnectPolicy policy,
      HostPlatform platform) {
    this.descriptors = descriptors;
    this.registry = registry;
    this.workQueue = workQueue;
    this.waiter = waiter;
    this.trace = trace;
    this.rules = rules;
    this.policy = policy;
    this.platform = platform;
  }

  /**
   * Opens {@code /dev/vfio/vfio}.
   *
   * @return the descriptor of a container without groups
   */
  public int openContainer() {
    return descriptors.install(new VfioContainerFile(new VfioContainer(waiter)));
  }

  /**
   * Opens {@code /dev/vfio/$GROUP} ({@code vfio_group_fops_open()}).
   *
   * @param group what to open
   * @return its descriptor
   * @throws ErrnoException {@code EBUSY} while it is open, by whatever still refers to the file
   */
  public int openGroup(VfioGroup group) {
    return descriptors.install(group.open());
  }

  /**
   * The group behind a descriptor.
   *
   * @param fd any number
   * @return the open file
   * @throws ErrnoException {@code EBADF} if nothing is open there, {@code EINVAL} if it is no group
   */
  public VfioGroupFile group(int fd) {
    if (descriptors.file(fd) instanceof VfioGroupFile group) {
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
    if (descriptors.file(fd) instanceof VfioContainerFile container) {
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
    if (descriptors.file(fd) instanceof VfioDeviceFile device) {
      return device.device();
    }
    throw wrongKind(fd, "VFIO device");
  }

  private static ErrnoException wrongKind(int fd, String kind) {
    return new ErrnoException(Errno.EINVAL, "descriptor " + fd + " is no " + kind);
  }

  int install(OpenFile file) {
    return descriptors.install(file);
  }

  /**
   * The descriptors of the process whose calls these are.
   *
   * @return the table
   */
  public DescriptorTable descriptors() {
    return descriptors;
  }

  /**
   * Takes the producers.
   *
   * @return the host's registry
   */
  public BypassRegistry registry() {
    return registry;
  }

  /**
   * Runs deferred work.
   *
   * @return the host's queue
   */
  public WorkQueue workQueue() {
    return workQueue;
  }

  /**
   * How callers block.
   *
   * @return the host's waiter
   */
  public Waiter waiter() {
    return waiter;
  }

  /**
   * Is told of each step.
   *
   * @return the host's tracepoints
   */
  public Tracepoints trace() {
    return trace;
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

  /**
   * The host's hardware.
   *
   * @return the platform
   */
  public HostPlatform platform() {
    return platform;
  }
}
