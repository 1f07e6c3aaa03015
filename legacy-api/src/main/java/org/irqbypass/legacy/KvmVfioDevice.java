package org.irqbypass.legacy;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.BypassMode;
import org.irqbypass.kvm.KvmDevice;
import org.irqbypass.kvm.Vm;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.vfio.VfioDevice;
import org.irqbypass.vfio.VfioGroup;
import org.irqbypass.vfio.VfioGroupFile;
import org.irqbypass.work.EveryStep;
import org.irqbypass.work.Mutex;
import org.jspecify.annotations.Nullable;

/**
 * The KVM-VFIO device of a VM ({@code virt/kvm/vfio.c}): userspace tells KVM which VFIO groups a VM
 * uses and, as proposed in 2015, which interrupts of which VFIO devices are to be forwarded to
 * which guest interrupts.
 *
 * <p>A group attribute's payload is a descriptor, an int. The payload of an attribute of {@link
 * #GROUP_DEVICE} is a {@link KvmVfioDevIrq}; what the calls check, and in which order, is told
 * there: {@link #forward}. A forwarding belongs to a device's interrupt, not to a trigger, and ends
 * by {@link #unforward} or when the VFIO device, this device or the VM is closed; deleting the
 * group ends none.
 *
 * <p>Safe for use from many threads. Calls come one after the other, under this device's lock. Lock
 * order: this device's lock, a VFIO device's igate, the registry's token, the VM's lock of irqfds.
 */
public final class KvmVfioDevice extends KvmDevice implements Fingerprinted {
  /** {@code KVM_DEV_TYPE_VFIO}. */
  public static final int TYPE = 4;

  /** {@code KVM_DEV_VFIO_GROUP}, later {@code KVM_DEV_VFIO_FILE}. */
  public static final int GROUP_GROUP = 1;

  /** {@code KVM_DEV_VFIO_GROUP_ADD}. */
  public static final int GROUP_ADD = 1;

  /** {@code KVM_DEV_VFIO_GROUP_DEL}. */
  public static final int GROUP_DEL = 2;

  /** {@code KVM_DEV_VFIO_DEVICE}, of the 2015 proposal. */
  public static final int GROUP_DEVICE = 2;

  /** {@code KVM_DEV_VFIO_DEVICE_FORWARD_IRQ}. */
  public static final int FORWARD_IRQ = 1;

  /** {@code KVM_DEV_VFIO_DEVICE_UNFORWARD_IRQ}. */
  public static final int UNFORWARD_IRQ = 2;

  /** {@code KVM_DEV_VFIO_DEVICE_POST_IRQ}: as forward, for messages only. */
  public static final int POST_IRQ = 3;

  /** {@code KVM_DEV_VFIO_DEVICE_UNPOST_IRQ}: as un-forward, for messages only. */
  public static final int UNPOST_IRQ = 4;

  private final LegacyRules rules;
  private final Mutex mutex;
  private final GroupFiles files;
  private final Forwardings forwardings;

  private KvmVfioDevice(Vm vm, LegacyApi api) {
    super(vm);
    this.rules = api.rules();
    this.mutex = new Mutex(vm.kvm().kernel().waiter(), "the KVM-VFIO device of " + vm);
    this.files = new GroupFiles(vm.kvm().kernel().descriptors());
    this.forwardings = new Forwardings(this, files);
  }

  /**
   * Makes the device of a VM ({@code kvm_vfio_create()}). Under the VM's lock.
   *
   * @param vm whose
   * @param api what it is made by
   * @return a device without groups
   * @throws ErrnoException {@code EBUSY}: the VM has one
   */
  static KvmVfioDevice create(Vm vm, LegacyApi api) {
    for (KvmDevice device : vm.devices()) {
      if (device instanceof KvmVfioDevice) {
        throw new ErrnoException(Errno.EBUSY, vm + " has a KVM-VFIO device already");
      }
    }
    KvmVfioDevice device = new KvmVfioDevice(vm, api);
    vm.whenClosed(device::endAllForwardings);
    return device;
  }

  /**
   * {@inheritDoc}
   *
   * @throws ErrnoException {@code ENXIO}: no such group or attribute, or the host can neither
   *     forward nor post
   */
  @Override
  public void hasAttr(int group, long attribute) {
    boolean known =
        switch (group) {
          case GROUP_GROUP -> attribute == GROUP_ADD || attribute == GROUP_DEL;
          case GROUP_DEVICE -> canForward() && attribute >= FORWARD_IRQ && attribute <= UNPOST_IRQ;
          default -> false;
        };
    if (!known) {
      throw new ErrnoException(
          Errno.ENXIO,
          this
              + " has no attribute "
              + Long.toUnsignedString(attribute)
              + " in group "
              + Integer.toUnsignedString(group));
    }
  }

  private boolean canForward() {
    return rules.explicitForwarding() && vm().kvm().kernel().platform().bypass() != BypassMode.NONE;
  }

  /**
   * {@inheritDoc}
   *
   * @throws ErrnoException {@code ENXIO} as {@link #hasAttr}; {@code EFAULT}: the payload is not
   *     all there; otherwise as {@link #addGroup}, {@link #deleteGroup}, {@link #forward}, {@link
   *     #unforward}
   */
  @Override
  public void setAttr(int group, long attribute, @Nullable ByteBuffer payload) {
    hasAttr(group, attribute);
    if (group == GROUP_GROUP) {
      int fd = descriptor(payload);
      if (attribute == GROUP_ADD) {
        addGroup(fd);
      } else {
        deleteGroup(fd);
      }
      return;
    }
    boolean messagesOnly = attribute == POST_IRQ || attribute == UNPOST_IRQ;
    if (attribute == FORWARD_IRQ || attribute == POST_IRQ) {
      forward(KvmVfioDevIrq.read(payload, true), messagesOnly);
    } else {
      unforward(KvmVfioDevIrq.read(payload, false), messagesOnly);
    }
  }

  private int descriptor(@Nullable ByteBuffer payload) {
    if (payload == null || payload.remaining() < Integer.BYTES) {
      throw new ErrnoException(Errno.EFAULT, "a descriptor cannot be read for " + this);
    }
    return payload.slice().order(ByteOrder.nativeOrder()).getInt();
  }

  /**
   * Tells the VM of a group ({@code KVM_DEV_VFIO_GROUP_ADD}, {@code KVM_DEV_VFIO_FILE_ADD}), whose
   * file is kept open.
   *
   * @param fd a descriptor of an open group
   * @throws ErrnoException {@code EBADF}: nothing is open there; {@code EINVAL}: it is no VFIO
   *     group; {@code EEXIST}: the VM was told already
   */
  public void addGroup(int fd) {
    mutex.lock();
    try {
      VfioGroup group = files.add(fd);
      tell(new LegacyEvent.GroupAdded(this, group));
    } finally {
      mutex.unlock();
    }
  }

  /**
   * Has the VM forget a group ({@code KVM_DEV_VFIO_GROUP_DEL}, {@code KVM_DEV_VFIO_FILE_DEL}).
   *
   * @param fd a descriptor of the group that was added
   * @throws ErrnoException {@code EBADF}: nothing is open there; {@code ENOENT}: it was never added
   */
  public void deleteGroup(int fd) {
    VfioGroupFile file;
    mutex.lock();
    try {
      file = files.delete(fd);
      tell(new LegacyEvent.GroupDeleted(this, file.group()));
    } finally {
      mutex.unlock();
    }
    file.put(); // may close the group, which is no matter of this lock
  }

  /**
   * Forwards interrupts of a device to guest interrupts ({@code KVM_DEV_VFIO_DEVICE_FORWARD_IRQ}).
   * On a host that posts, a message that this device has posted already is programmed anew: its
   * route is read again, and another guest interrupt retargets it. A range is all or nothing. The
   * first of these that holds is thrown, and nothing has changed:
   *
   * <ol>
   *   <li>{@code ENXIO}: no such attribute, or the host can neither forward nor post
   *   <li>{@code EINVAL}: argsz, start, count and the number of guest interrupts contradict each
   *       other; {@code EFAULT}: there are fewer guest interrupts than interrupts
   *   <li>{@code EBADF}: the descriptor is not open; {@code EINVAL}: it is no VFIO device
   *   <li>{@code ENOENT}: the device's group was never added here
   *   <li>{@code EINVAL}: the device has no such index or range; ERR, REQ; a wired interrupt on a
   *       host that posts; a message on a host that forwards wired interrupts
   *   <li>{@code EAGAIN}: the guest's interrupt controller is not initialized
   *   <li>{@code EINVAL}: a guest interrupt is beyond what a VM can route, or there twice
   *   <li>{@code EEXIST}: a wired interrupt is forwarded already
   *   <li>{@code EBUSY}: an interrupt or a guest interrupt is bypassed by another pairing
   *   <li>{@code EAGAIN}: an interrupt is masked by userspace, is being handled, or is active
   *   <li>what the guest's side refuses with
   * </ol>
   *
   * A message whose route cannot be posted, or is not there yet, is no error: it stays remapped
   * until userspace calls again.
   *
   * @param irq which interrupts, and what they become
   */
  public void forward(KvmVfioDevIrq irq) {
    hasAttr(GROUP_DEVICE, FORWARD_IRQ);
    irq.check(true);
    forward(irq, false);
  }

  /**
   * As {@link #forward}, for messages only ({@code KVM_DEV_VFIO_DEVICE_POST_IRQ}).
   *
   * @param irq which interrupts, and what they become
   * @throws ErrnoException as {@link #forward}; {@code EINVAL} for a wired interrupt
   */
  public void post(KvmVfioDevIrq irq) {
    hasAttr(GROUP_DEVICE, POST_IRQ);
    irq.check(true);
    forward(irq, true);
  }

  /**
   * Ends the forwarding of interrupts ({@code KVM_DEV_VFIO_DEVICE_UNFORWARD_IRQ}), at any time: an
   * interrupt in flight is completed exactly once. A range is all or nothing.
   *
   * @param irq which interrupts; its guest interrupts are ignored
   * @throws ErrnoException as {@link #forward} down to the range; then {@code ENOENT}: an interrupt
   *     is not forwarded by this device. Nothing has changed then
   */
  public void unforward(KvmVfioDevIrq irq) {
    hasAttr(GROUP_DEVICE, UNFORWARD_IRQ);
    irq.check(false);
    unforward(irq, false);
  }

  /**
   * As {@link #unforward}, for messages only ({@code KVM_DEV_VFIO_DEVICE_UNPOST_IRQ}).
   *
   * @param irq which interrupts
   * @throws ErrnoException as {@link #unforward}; {@code EINVAL} for a wired interrupt
   */
  public void unpost(KvmVfioDevIrq irq) {
    hasAttr(GROUP_DEVICE, UNPOST_IRQ);
    irq.check(false);
    unforward(irq, true);
  }

  private void forward(KvmVfioDevIrq irq, boolean messagesOnly) {
    try (DeviceReference device = DeviceReference.of(vm().kvm().kernel().descriptors(), irq.fd())) {
      locked(() -> forwardings.forward(device.device(), irq, messagesOnly));
    }
  }

  private void unforward(KvmVfioDevIrq irq, boolean messagesOnly) {
    try (DeviceReference device = DeviceReference.of(vm().kvm().kernel().descriptors(), irq.fd())) {
      locked(() -> forwardings.unforward(device.device(), irq, messagesOnly));
    }
  }

  private void locked(Runnable change) {
    mutex.lock();
    try {
      change.run();
    } finally {
      mutex.unlock();
    }
  }

  /** A VFIO device was closed. */
  void endForwardingsOf(VfioDevice device) {
    locked(() -> forwardings.endOf(device));
  }

  private void endAllForwardings() {
    locked(forwardings::endAll);
  }

  /**
   * The groups the VM was told of.
   *
   * @return in the order of adding
   */
  public ImmutableList<VfioGroup> groups() {
    mutex.lock();
    try {
      return files.groups();
    } finally {
      mutex.unlock();
    }
  }

  /**
   * What is forwarded, and whether hardware bypasses it.
   *
   * @return in the order of forwarding
   */
  public ImmutableList<ForwardedInterrupt> forwarded() {
    mutex.lock();
    try {
      return forwardings.all();
    } finally {
      mutex.unlock();
    }
  }

  void tell(TraceEvent event) {
    if (vm().trace().enabled()) {
      vm().trace().emit(event);
    }
  }

  @Override
  protected boolean release() {
    EveryStep steps = new EveryStep();
    ImmutableList<VfioGroupFile> left;
    mutex.lock();
    try {
      steps.take(forwardings::endAll);
      left = files.clear();
    } finally {
      mutex.unlock();
    }
    left.forEach(file -> steps.take(file::put));
    steps.throwFirst();
    return true;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    ImmutableList<VfioGroup> told = groups();
    sink.put(told.size());
    told.forEach(sink::putReference);
    for (ForwardedInterrupt forwarded : forwarded()) {
      sink.putReference(forwarded.interrupt()).put(forwarded.gsi());
    }
    sink.putReference(null);
  }

  @Override
  public String toString() {
    return "the KVM-VFIO device of " + vm();
  }
}
