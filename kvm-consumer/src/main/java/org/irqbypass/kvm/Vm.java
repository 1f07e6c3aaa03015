package org.irqbypass.kvm;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.EveryStep;
import org.irqbypass.work.SpinLock;
import org.jspecify.annotations.Nullable;

/**
 * One virtual machine ({@code struct kvm}, {@code virt/kvm}): vCPUs, the GSI routing table, irqfds
 * and devices. It lives as long as its descriptor or one of a vCPU or a device is open; its irqfds
 * end with its own descriptor.
 *
 * <p>Safe for use from many threads. Calls that configure take the VM's lock one after the other
 * ({@code kvm->lock}); an interrupt takes none: it reads the routing table, or an irqfd's cached
 * route, by one volatile read.
 */
public final class Vm implements Fingerprinted {
  /** {@code KVM_USERSPACE_IRQ_SOURCE_ID}: userspace and plain irqfds drive the line. */
  public static final int USERSPACE_SOURCE = 0;

  /** {@code KVM_IRQFD_RESAMPLE_IRQ_SOURCE_ID}: resampled irqfds drive the line. */
  public static final int RESAMPLER_SOURCE = 1;

  private static final int DEVICE_TEST = 1;

  private final Kvm kvm;
  private final int number;
  private final SpinLock lock = new SpinLock();
  private final Irqfds irqfds;
  private final VmArchitecture architecture;
  private final AtomicInteger references = new AtomicInteger(1);
  private final AtomicInteger halts = new AtomicInteger();

  /** Written under the lock; immutable, replaced as a whole. */
  private volatile RoutingTable routing = RoutingTable.EMPTY;

  /** By position of creation. Written under the lock; immutable, replaced as a whole. */
  private volatile ImmutableList<Vcpu> vcpus = ImmutableList.of();

  /** Written under {@link #notifiersLock}. */
  private final SafeList<AckNotifier> notifiers = new SafeList<>();

  private final SpinLock notifiersLock = new SpinLock();

  // Guarded by the lock.
  private final Set<KvmDevice> devices = new LinkedHashSet<>();
  private @Nullable List<Runnable> closers = new ArrayList<>();

  Vm(Kvm kvm, int number) {
    this.kvm = kvm;
    this.number = number;
    this.irqfds = new Irqfds(this);
    this.architecture = kvm.architecture().createVm(this);
  }

  /**
   * Makes a vCPU ({@code KVM_CREATE_VCPU}).
   *
   * @param id 0 to {@link Kvm#MAX_VCPUS} - 1, not taken
   * @return its descriptor
   * @throws ErrnoException {@code EINVAL}: no such number; {@code EEXIST}: it is taken; others as
   *     {@link VmArchitecture#createVcpu}
   */
  public int createVcpu(int id) {
    if (id < 0 || id >= Kvm.MAX_VCPUS) {
      throw new ErrnoException(
          Errno.EINVAL, "vCPU " + Integer.toUnsignedString(id) + " is beyond " + Kvm.MAX_VCPUS);
    }
    lock.lock();
    try {
      architecture.checkVcpu(id);
      if (vcpuByIdOrNull(id) != null) {
        throw new ErrnoException(Errno.EEXIST, "vCPU " + id + " of " + this + " exists");
      }
      Vcpu vcpu = architecture.createVcpu(id);
      ImmutableList<Vcpu> before = vcpus;
      get();
      vcpus = ImmutableList.<Vcpu>builder().addAll(before).add(vcpu).build();
      return kvm.kernel()
          .descriptors()
          .installOrUndo(
              () -> new VcpuFile(vcpu),
              () -> {
                vcpus = before;
                put();
              });
    } finally {
      lock.unlock();
    }
  }

  /**
   * The VM's vCPUs.
   *
   * @return in the order in which they were made
   */
  public ImmutableList<Vcpu> vcpus() {
    return vcpus;
  }

  /**
   * A vCPU by its number.
   *
   * @param id any number
   * @return null if there is none
   */
  public @Nullable Vcpu vcpuByIdOrNull(int id) {
    ImmutableList<Vcpu> all = vcpus;
    for (int i = 0; i < all.size(); i++) {
      Vcpu vcpu = all.get(i);
      if (vcpu.id() == id) {
        return vcpu;
      }
    }
    return null;
  }

  /**
   * A vCPU by its number.
   *
   * @param id any number
   * @return the vCPU
   * @throws ErrnoException {@code ENOENT}: there is none
   */
  public Vcpu vcpuById(int id) {
    Vcpu vcpu = vcpuByIdOrNull(id);
    if (vcpu == null) {
      throw new ErrnoException(Errno.ENOENT, this + " has no vCPU " + id);
    }
    return vcpu;
  }

  /**
   * Makes the in-kernel interrupt controllers ({@code KVM_CREATE_IRQCHIP}).
   *
   * @throws ErrnoException {@code EEXIST}: there are some; {@code EINVAL}: there are vCPUs already,
   *     or it is not done so on this architecture
   */
  public void createIrqchip() {
    lock.lock();
    try {
      architecture.createIrqchip();
    } finally {
      lock.unlock();
    }
  }

  /**
   * Makes local interrupt controllers only ({@code KVM_CAP_SPLIT_IRQCHIP}).
   *
   * @param pins GSIs reserved for userspace's controllers, 0 to 4096
   * @throws ErrnoException {@code EEXIST}: there are some, or vCPUs; {@code EINVAL}: too many pins,
   *     or not on this architecture
   */
  public void enableSplitIrqchip(int pins) {
    lock.lock();
    try {
      architecture.enableSplitIrqchip(pins);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Replaces the whole routing table ({@code KVM_SET_GSI_ROUTING}). On return nobody uses the old
   * one any more, but for interrupts that were on their way.
   *
   * @param entries any number up to {@link Kvm#MAX_IRQ_ROUTES}; none is legal
   * @param flags must be 0
   * @throws ErrnoException {@code EINVAL}: no in-kernel interrupt controller, too many entries,
   *     flags, a gsi out of range, a malformed entry, or a gsi twice unless on two different
   *     controllers. The old table stays. What a platform throws besides errnos, which are dropped
   *     as in Linux, is thrown when the new table is in force everywhere
   */
  public void setGsiRouting(List<RoutingEntry> entries, int flags) {
    lock.lock();
    try {
      checkRouting(entries.size(), flags);
      publish(build(entries));
    } finally {
      lock.unlock();
    }
  }

  /**
   * Replaces the whole routing table, given as {@code struct kvm_irq_routing}.
   *
   * @param kvmIrqRouting from its position on, native byte order; 8 bytes of header and 48 for each
   *     entry
   * @throws ErrnoException {@code EFAULT}: the buffer is too short; others as {@link
   *     #setGsiRouting(List, int)}
   */
  public void setGsiRouting(ByteBuffer kvmIrqRouting) {
    ByteBuffer header =
        KvmStructs.view(
            kvmIrqRouting, KvmStructs.ROUTING_HEADER_SIZE, "the header of struct kvm_irq_routing");
    int count = header.getInt(0);
    int flags = header.getInt(4);
    checkRouting(count, flags);
    setGsiRouting(KvmStructs.entries(kvmIrqRouting, count), flags);
  }

  private void checkRouting(int count, int flags) {
    if (!architecture.canSetIrqRouting()) {
      throw new ErrnoException(Errno.EINVAL, this + " has no in-kernel interrupt controller");
    }
    if (Integer.compareUnsigned(count, Kvm.MAX_IRQ_ROUTES) > 0) {
      throw new ErrnoException(
          Errno.EINVAL, Integer.toUnsignedString(count) + " routes are too many");
    }
    if (flags != 0) {
      throw new ErrnoException(
          Errno.EINVAL, String.format("a routing table has no flags %#x", flags));
    }
  }

  /** Checks and prepares the entries, in the order of {@code kvm_set_irq_routing()}. */
  private RoutingTable build(List<RoutingEntry> entries) {
    int gsis = 0;
    for (RoutingEntry entry : entries) {
      if (Integer.compareUnsigned(entry.gsi(), Kvm.MAX_IRQ_ROUTES) >= 0) {
        throw refused(entry, "its gsi is out of range");
      }
      gsis = Math.max(gsis, entry.gsi() + 1);
    }
    RoutingTable before = routing;
    RoutingTable.Builder table = new RoutingTable.Builder(before, gsis);
    for (RoutingEntry entry : entries) {
      int legal = entry.type() == RoutingEntry.TYPE_MSI ? Msi.VALID_DEVID : 0;
      if ((entry.flags() & ~legal) != 0) {
        throw refused(entry, "its flags do not belong to its type");
      }
      Route same = before.find(entry);
      table.add(same != null && same.isStillValid() ? same : architecture.route(entry));
    }
    return table.build();
  }

  private static ErrnoException refused(RoutingEntry entry, String why) {
    return new ErrnoException(Errno.EINVAL, "route " + entry + " is refused: " + why);
  }

  /**
   * The table is in force before the irqfds' caches are: both are one reference each. Every irqfd
   * follows it, whatever a platform throws while one of them is programmed.
   */
  private void publish(RoutingTable table) {
    RoutingTable before = routing;
    routing = table;
    try {
      irqfds.routingChanged(before, table);
    } finally {
      architecture.routingChanged();
    }
  }

  /**
   * For architectures: runs a call that configures the VM, one at a time with all others.
   *
   * @param call runs under the VM's lock
   */
  public void configure(Runnable call) {
    lock.lock();
    try {
      call.run();
    } finally {
      lock.unlock();
    }
  }

  /**
   * For architectures: puts a table in force that userspace did not give, such as the default one
   * of a new interrupt controller ({@code kvm_setup_default_irq_routing()}).
   *
   * @param entries must be well-formed
   */
  public void installDefaultRouting(List<RoutingEntry> entries) {
    lock.lock();
    try {
      publish(build(entries));
    } finally {
      lock.unlock();
    }
  }

  /**
   * The routing table in force.
   *
   * @return the table at this moment
   */
  public RoutingTable routing() {
    return routing;
  }

  /**
   * Binds or unbinds an eventfd and a guest interrupt ({@code KVM_IRQFD}), with the host's policy.
   *
   * @param request what to do
   * @throws ErrnoException as {@link #irqfd(IrqfdRequest, ConnectPolicy)}
   */
  public void irqfd(IrqfdRequest request) {
    irqfd(request, kvm.policy());
  }

  /**
   * Binds or unbinds an eventfd and a guest interrupt ({@code KVM_IRQFD}).
   *
   * @param request what to do
   * @param policy for a binding: what happens when its consumer cannot be connected
   * @throws ErrnoException {@code EINVAL}: unknown flags; binding: {@code EAGAIN}: the interrupt
   *     controller is not initialized; {@code EINVAL}: there is none for it; {@code EBADF}, {@code
   *     EINVAL}: a descriptor is not open, or no eventfd; {@code EBUSY}: the eventfd is bound; what
   *     the connect failed with, where a policy requires it. Nothing has changed then. Unbinding:
   *     {@code EBADF}, {@code EINVAL}: the descriptor; what is not bound is no error
   */
  public void irqfd(IrqfdRequest request, ConnectPolicy policy) {
    if ((request.flags() & ~(IrqfdRequest.DEASSIGN | IrqfdRequest.RESAMPLE)) != 0) {
      throw new ErrnoException(
          Errno.EINVAL, String.format("an irqfd has no flags %#x", request.flags()));
    }
    if ((request.flags() & IrqfdRequest.DEASSIGN) != 0) {
      irqfds.deassign(request);
    } else {
      irqfds.assign(request, policy);
    }
  }

  /**
   * Binds or unbinds an eventfd and a guest interrupt, given as {@code struct kvm_irqfd}.
   *
   * @param kvmIrqfd 32 bytes from its position on, native byte order
   * @throws ErrnoException {@code EFAULT}: the buffer is too short; others as {@link
   *     #irqfd(IrqfdRequest)}
   */
  public void irqfd(ByteBuffer kvmIrqfd) {
    irqfd(KvmStructs.irqfd(kvmIrqfd));
  }

  /**
   * The irqfd that binds an eventfd.
   *
   * @param eventfd perhaps bound
   * @param gsi the guest interrupt
   * @return null if they are not bound to each other
   */
  public @Nullable Irqfd irqfdOf(EventfdContext eventfd, int gsi) {
    return irqfds.of(eventfd, gsi);
  }

  /**
   * What is bound.
   *
   * @return in the order of binding
   */
  public ImmutableList<Irqfd> irqfds() {
    return irqfds.all();
  }

  /**
   * Drives an interrupt line ({@code KVM_IRQ_LINE_STATUS}).
   *
   * @param irq x86: the gsi; Arm: type, vCPU and number
   * @param level 0 or not 0
   * @return how many CPUs were reached; 0: coalesced; below 0: ignored
   * @throws ErrnoException {@code ENXIO}: no in-kernel interrupt controller; others as {@link
   *     VmArchitecture#irqLine}
   */
  public int irqLine(int irq, int level) {
    return architecture.irqLine(irq, level, true);
  }

  /**
   * Drives an interrupt line without asking what came of it ({@code KVM_IRQ_LINE}). On x86 no tick
   * of the real-time clock is held back then, though the guest has not ended the one before.
   *
   * @param irq x86: the gsi; Arm: type, vCPU and number
   * @param level 0 or not 0
   * @throws ErrnoException as {@link #irqLine(int, int)}
   */
  public void irqLineWithoutStatus(int irq, int level) {
    architecture.irqLine(irq, level, false);
  }

  /**
   * Drives an interrupt line, given as {@code struct kvm_irq_level}, whose first word receives the
   * status.
   *
   * @param kvmIrqLevel 8 bytes from its position on, native byte order
   * @throws ErrnoException {@code EFAULT}: the buffer is too short; others as {@link #irqLine(int,
   *     int)}
   */
  public void irqLine(ByteBuffer kvmIrqLevel) {
    ByteBuffer view =
        KvmStructs.view(kvmIrqLevel, KvmStructs.IRQ_LEVEL_SIZE, "struct kvm_irq_level");
    view.putInt(0, irqLine(view.getInt(0), view.getInt(4)));
  }

  /**
   * Sends the guest a message ({@code KVM_SIGNAL_MSI}).
   *
   * @param msi the message
   * @return above 0: delivered; 0: the guest does not take it
   * @throws ErrnoException {@code EINVAL}: unknown flags, no in-kernel interrupt controller, or a
   *     malformed message; {@code EPERM}: nobody is there to take it; others as {@link
   *     VmArchitecture#signalMsi}
   */
  public int signalMsi(Msi msi) {
    if ((msi.flags() & ~Msi.VALID_DEVID) != 0) {
      throw new ErrnoException(
          Errno.EINVAL, String.format("a message has no flags %#x", msi.flags()));
    }
    return architecture.signalMsi(msi);
  }

  /**
   * Sends the guest a message, given as {@code struct kvm_msi}.
   *
   * @param kvmMsi 32 bytes from its position on, native byte order
   * @return as {@link #signalMsi(Msi)}
   * @throws ErrnoException {@code EFAULT}: the buffer is too short; others as {@link
   *     #signalMsi(Msi)}
   */
  public int signalMsi(ByteBuffer kvmMsi) {
    return signalMsi(KvmStructs.msi(kvmMsi));
  }

  /**
   * Drives a guest interrupt through the routing table ({@code kvm_set_irq()}).
   *
   * @param source who drives the line
   * @param gsi the guest interrupt, unsigned
   * @param level 0 or not 0
   * @param lineStatus whether a caller of {@code KVM_IRQ_LINE} asked
   * @return how many CPUs were reached; 0: coalesced; below 0: ignored by all, or not routed
   */
  public int setIrq(int source, int gsi, int level, boolean lineStatus) {
    if (kvm.kernel().trace().enabled()) {
      kvm.kernel().trace().emit(new KvmEvent.SetIrq(this, gsi, level, source));
    }
    int reached = -1;
    for (Route route : routing.at(gsi)) {
      int result = route.set(source, level, lineStatus);
      if (result >= 0) {
        reached = result + Math.max(reached, 0);
      }
    }
    return reached;
  }

  /**
   * For architectures: the guest has acknowledged an interrupt of a controller ({@code
   * kvm_notify_acked_irq()}). Must be called with no lock of a controller held.
   *
   * @param irqchip which controller
   * @param pin which pin
   */
  public void notifyAcked(int irqchip, int pin) {
    if (kvm.kernel().trace().enabled()) {
      kvm.kernel().trace().emit(new KvmEvent.AckIrq(this, irqchip, pin));
    }
    int gsi = routing.gsiOf(irqchip, pin);
    if (gsi >= 0) {
      notifyAckedGsi(gsi);
    }
  }

  /**
   * For architectures: the guest has acknowledged an interrupt that reaches it without a pin.
   *
   * @param gsi the guest interrupt
   */
  public void notifyAckedGsi(int gsi) {
    for (SafeList.Node<AckNotifier> node = notifiers.first(); node != null; node = node.next()) {
      if (node.value.gsi() == gsi) {
        node.value.acked();
      }
    }
  }

  /**
   * Whether anybody wants to be told of acknowledgements of a pin ({@code kvm_irq_has_notifier()}).
   *
   * @param irqchip which controller
   * @param pin which pin
   * @return true if so
   */
  public boolean hasAckNotifier(int irqchip, int pin) {
    int gsi = routing.gsiOf(irqchip, pin);
    if (gsi < 0) {
      return false;
    }
    for (SafeList.Node<AckNotifier> node = notifiers.first(); node != null; node = node.next()) {
      if (node.value.gsi() == gsi) {
        return true;
      }
    }
    return false;
  }

  SafeList.Node<AckNotifier> addAckNotifier(AckNotifier notifier) {
    SafeList.Node<AckNotifier> node;
    notifiersLock.lock();
    try {
      node = notifiers.addFirst(notifier);
    } finally {
      notifiersLock.unlock();
    }
    architecture.ackNotifiersChanged();
    return node;
  }

  void removeAckNotifier(SafeList.Node<AckNotifier> node) {
    notifiersLock.lock();
    try {
      notifiers.remove(node);
    } finally {
      notifiersLock.unlock();
    }
    architecture.ackNotifiersChanged();
  }

  /**
   * Makes a device ({@code KVM_CREATE_DEVICE}).
   *
   * @param type {@code KVM_DEV_TYPE_*}
   * @param flags {@code KVM_CREATE_DEVICE_TEST} (1) only asks whether the type exists; others are
   *     ignored, as in Linux
   * @return its descriptor; 0 for a test
   * @throws ErrnoException {@code ENODEV}: no such type; others as the type says
   */
  public int createDevice(int type, int flags) {
    KvmDevice.Factory factory = kvm.deviceType(type);
    if (factory == null) {
      throw new ErrnoException(
          Errno.ENODEV, "no device type " + Integer.toUnsignedString(type) + " is registered");
    }
    if ((flags & DEVICE_TEST) != 0) {
      return 0;
    }
    lock.lock();
    try {
      KvmDevice device = factory.create(this);
      devices.add(device);
      get();
      return kvm.kernel()
          .descriptors()
          .installOrUndo(
              () -> new KvmDeviceFile(device),
              () -> {
                devices.remove(device);
                put();
              });
    } finally {
      lock.unlock();
    }
  }

  void removeDevice(KvmDevice device) {
    lock.lock();
    try {
      devices.remove(device);
    } finally {
      lock.unlock();
    }
  }

  /**
   * The VM's devices.
   *
   * @return a copy, in the order in which they were made
   */
  public ImmutableList<KvmDevice> devices() {
    lock.lock();
    try {
      return ImmutableList.copyOf(devices);
    } finally {
      lock.unlock();
    }
  }

  /**
   * {@code KVM_CHECK_EXTENSION}.
   *
   * @param capability {@code KVM_CAP_*}
   * @return 0 if not there; otherwise 1 or the capability's value
   */
  public int checkExtension(int capability) {
    return architecture.checkExtension(capability);
  }

  /**
   * Makes a consumer that bypasses to a guest interrupt because userspace says so, and that does
   * not follow routing changes. Its owner registers it under a token of its own, and closes it when
   * it is unregistered.
   *
   * @param gsi checked with {@link #checkForwardable}
   * @return a consumer that has read the route
   */
  public ExplicitForwarding forwarding(int gsi) {
    return irqfds.addForwarding(gsi);
  }

  /**
   * Whether a guest interrupt could be forwarded to now. Returns if so.
   *
   * @param gsi any number, unsigned
   * @throws ErrnoException {@code EAGAIN}: the guest's interrupt controller is not initialized;
   *     {@code EINVAL}: the gsi is beyond what a VM can route
   */
  public void checkForwardable(int gsi) {
    if (!architecture.isInterruptControllerReady() || !architecture.allowsIrqfd(false)) {
      throw new ErrnoException(
          Errno.EAGAIN, "the interrupt controller of " + this + " is not initialized");
    }
    if (Integer.compareUnsigned(gsi, Kvm.MAX_IRQ_ROUTES) >= 0) {
      throw new ErrnoException(
          Errno.EINVAL, "gsi " + Integer.toUnsignedString(gsi) + " cannot be routed");
    }
  }

  /**
   * Whether a guest interrupt is bypassed to already: by an irqfd that has a producer, or by an
   * explicit forwarding that is registered.
   *
   * @param gsi the guest interrupt
   * @param except is not counted; null: none
   * @return true if so
   */
  public boolean isBypassed(int gsi, @Nullable ExplicitForwarding except) {
    return irqfds.isBypassed(gsi, except);
  }

  /**
   * Halts all vCPUs ({@code kvm_arm_halt_guest()}): those in guest mode leave it, and none executes
   * until as many calls of {@link #resumeVcpus()} have come.
   */
  public void haltVcpus() {
    halts.incrementAndGet();
    for (Vcpu vcpu : vcpus) {
      vcpu.exit(VcpuEvent.Reason.KICK);
    }
  }

  /** Undoes one {@link #haltVcpus()} ({@code kvm_arm_resume_guest()}). */
  public void resumeVcpus() {
    halts.decrementAndGet();
    kvm.kernel().waiter().changed();
  }

  /**
   * Whether the vCPUs are halted.
   *
   * @return true while halts outnumber resumes
   */
  public boolean isHalted() {
    return halts.get() != 0;
  }

  void awaitNotHalted() {
    if (isHalted()) {
      kvm.kernel().waiter().await(() -> !isHalted(), this + " to be resumed");
    }
  }

  /**
   * Sets what else is to be done when the VM's descriptor is closed, behind the shutdown of the
   * irqfds. Runs at once if that was long ago.
   *
   * @param closer runs once
   */
  public void whenClosed(Runnable closer) {
    lock.lock();
    try {
      if (closers != null) {
        closers.add(closer);
        return;
      }
    } finally {
      lock.unlock();
    }
    closer.run();
  }

  /** The VM's descriptor was closed ({@code kvm_vm_release()}). */
  void release() {
    EveryStep steps = new EveryStep().take(irqfds::close);
    List<Runnable> due;
    lock.lock();
    try {
      due = closers == null ? List.of() : closers;
      closers = null;
    } finally {
      lock.unlock();
    }
    due.forEach(steps::take);
    steps.take(this::put).throwFirst();
  }

  private void get() {
    references.incrementAndGet();
  }

  /** A descriptor of the VM, a vCPU or a device was closed; the last one destroys the VM. */
  void put() {
    if (references.decrementAndGet() == 0) {
      EveryStep steps = new EveryStep();
      vcpus.forEach(vcpu -> steps.take(vcpu::destroy));
      steps.take(architecture::destroy);
      devices().forEach(device -> steps.take(device::destroy));
      steps.throwFirst();
    }
  }

  /**
   * Whose VM this is.
   *
   * @return the host's KVM
   */
  public Kvm kvm() {
    return kvm;
  }

  /**
   * The architecture's part of this VM.
   *
   * @return what {@link Architecture#createVm} made
   */
  public VmArchitecture architecture() {
    return architecture;
  }

  /**
   * Is told of each step.
   *
   * @return the host's tracepoints
   */
  public Tracepoints trace() {
    return kvm.kernel().trace();
  }

  Irqfds irqfdTable() {
    return irqfds;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.put(references.get()).put(halts.get());
    routing.writeTo(sink);
    for (Vcpu vcpu : vcpus) {
      vcpu.writeTo(sink);
    }
    irqfds.writeTo(sink);
    architecture.writeTo(sink);
    for (KvmDevice device : devices()) {
      device.writeTo(sink);
    }
  }

  @Override
  public String toString() {
    return "VM " + number;
  }
}
