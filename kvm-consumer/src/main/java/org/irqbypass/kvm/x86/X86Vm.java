package org.irqbypass.kvm.x86;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.lang.invoke.VarHandle;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.BypassMode;
import org.irqbypass.kvm.BypassPath;
import org.irqbypass.kvm.Kvm;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.Route;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.VmArchitecture;
import org.irqbypass.kvm.VmConsumer;
import org.irqbypass.trace.FingerprintSink;
import org.jspecify.annotations.Nullable;

/**
 * The x86 part of a VM ({@code struct kvm_arch}, {@code arch/x86/kvm}): whether its interrupt
 * controllers are in the kernel, and which APIC a destination means.
 *
 * <p>Safe for use from many threads. A message reads the APIC map by one volatile read; the map is
 * made anew, under a lock, whenever an address changes.
 */
public final class X86Vm implements VmArchitecture {
  /** Capabilities that concern interrupts, as recorded; every other one is 0. */
  private static final ImmutableMap<Integer, Integer> CAPABILITIES =
      ImmutableMap.<Integer, Integer>builder()
          .put(0, 1) // KVM_CAP_IRQCHIP
          .put(25, Kvm.MAX_IRQ_ROUTES) // KVM_CAP_IRQ_ROUTING
          .put(26, 1) // KVM_CAP_IRQ_INJECT_STATUS
          .put(32, 1) // KVM_CAP_IRQFD
          .put(77, 1) // KVM_CAP_SIGNAL_MSI
          .put(81, 1) // KVM_CAP_READONLY_MEM
          .put(82, 1) // KVM_CAP_IRQFD_RESAMPLE
          .put(89, 1) // KVM_CAP_DEVICE_CTRL
          .put(121, 1) // KVM_CAP_SPLIT_IRQCHIP
          .put(129, 3) // KVM_CAP_X2APIC_API
          .buildOrThrow();

  private static final int MOST_RESERVED_PINS = Kvm.MAX_IRQ_ROUTES;

  /** Which interrupt controllers are in the kernel ({@code kvm->arch.irqchip_mode}). */
  private enum Irqchip {
    NONE,
    SPLIT,
    FULL
  }

  private final Vm vm;
  private final WakeupLists wakeupLists;
  private final Delivery delivery = new Delivery(this);
  private final Object mapLock = new Object();
  private volatile Irqchip irqchip = Irqchip.NONE;
  private volatile @Nullable IoApic ioApic;
  private volatile @Nullable Pic pic;

  /** Null until the first local APIC is made. */
  private volatile @Nullable ApicMap map;

  private volatile boolean x2apicFormat;
  private volatile boolean wideBroadcastOnly;

  X86Vm(Vm vm, WakeupLists wakeupLists) {
    this.vm = vm;
    this.wakeupLists = wakeupLists;
  }

  WakeupLists wakeupLists() {
    return wakeupLists;
  }

  /**
   * The x86 part of a VM.
   *
   * @param vm of a {@link Kvm} whose architecture is {@link X86}
   * @return its part
   */
  public static X86Vm of(Vm vm) {
    return (X86Vm) vm.architecture();
  }

  /**
   * {@inheritDoc}
   *
   * <p>As in Linux, whose reset of a new local APIC comes before the vCPU is in the VM's list, a
   * message does not find it by its address until an address is set next: its own, which is what a
   * guest's enabling of it does, or another's.
   */
  @Override
  public Vcpu createVcpu(int id) {
    boolean withApic = irqchip != Irqchip.NONE;
    if (withApic) {
      recalculateMap();
    }
    return new X86Vcpu(this, id, withApic);
  }

  /** {@code kvm_recalculate_apic_map()}. */
  void recalculateMap() {
    synchronized (mapLock) {
      ImmutableList.Builder<X86Vcpu> withApic = ImmutableList.builder();
      for (Vcpu vcpu : vm.vcpus()) {
        if (vcpu instanceof X86Vcpu x86 && x86.localApicOrNull() != null) {
          withApic.add(x86);
        }
      }
      map = new ApicMap(withApic.build());
    }
  }

  @Override
  public void createIrqchip() {
    refuseSecondIrqchip();
    if (!vm.vcpus().isEmpty()) {
      throw new ErrnoException(Errno.EINVAL, vm + " has vCPUs already");
    }
    ioApic = new IoApic(this);
    pic = new Pic(this);
    irqchip = Irqchip.FULL;
    vm.installDefaultRouting(defaultRouting());
  }

  /** The lowest 16 interrupts reach the IOAPIC and a PIC ({@code default_routing}). */
  private static ImmutableList<RoutingEntry> defaultRouting() {
    ImmutableList.Builder<RoutingEntry> entries = ImmutableList.builder();
    for (int gsi = 0; gsi < IoApic.PINS; gsi++) {
      entries.add(RoutingEntry.irqchip(gsi, IoApic.IRQCHIP, gsi));
      if (gsi < 2 * Pic.PINS) {
        entries.add(RoutingEntry.irqchip(gsi, gsi / Pic.PINS, gsi % Pic.PINS));
      }
    }
    return entries.build();
  }

  @Override
  public void enableSplitIrqchip(int pins) {
    if (Integer.compareUnsigned(pins, MOST_RESERVED_PINS) > 0) {
      throw new ErrnoException(
          Errno.EINVAL, Integer.toUnsignedString(pins) + " reserved pins are too many");
    }
    refuseSecondIrqchip();
    if (!vm.vcpus().isEmpty()) {
      throw new ErrnoException(Errno.EEXIST, vm + " has vCPUs already");
    }
    irqchip = Irqchip.SPLIT;
  }

  private void refuseSecondIrqchip() {
    if (irqchip != Irqchip.NONE) {
      throw new ErrnoException(Errno.EEXIST, vm + " has interrupt controllers already");
    }
  }

  /**
   * Whether messages carry 32-bit destinations ({@code KVM_CAP_X2APIC_API}).
   *
   * @param format {@code KVM_X2APIC_API_USE_32BIT_IDS}: the high half of a message's address
   *     extends the destination, and its low byte must be 0
   * @param noBroadcastQuirk {@code KVM_X2APIC_API_DISABLE_BROADCAST_QUIRK}: 0xff is then also an
   *     ordinary ID where APICs are in x2APIC mode; 0xffffffff is a broadcast
   */
  public void enableX2apicApi(boolean format, boolean noBroadcastQuirk) {
    x2apicFormat |= format;
    wideBroadcastOnly |= noBroadcastQuirk;
  }

  boolean isX2apicFormat() {
    return x2apicFormat;
  }

  /** Whether 0xff in a message means every APIC, be it in x2APIC mode or not. */
  boolean hasBroadcastQuirk() {
    return !wideBroadcastOnly;
  }

  /**
   * Whether everybody is meant ({@code kvm_apic_is_broadcast_dest()}).
   *
   * @param source the vCPU that sends it; null: a device
   */
  boolean isBroadcast(ApicMap present, int destination, @Nullable X86Vcpu source) {
    if (wideBroadcastOnly) {
      return destination == ApicMap.WIDE_BROADCAST
          || (destination == ApicMap.BROADCAST
              && present.logicalMode() != ApicMap.LogicalMode.X2APIC);
    }
    boolean wide = source != null && source.localApic().isX2apic();
    return destination == (wide ? ApicMap.WIDE_BROADCAST : ApicMap.BROADCAST);
  }

  /** {@code kvm_msi_route_invalid()}. */
  boolean isMalformed(Msi msi) {
    return x2apicFormat && (msi.addressHi() & 0xff) != 0;
  }

  @Override
  public boolean canSetIrqRouting() {
    return irqchip != Irqchip.NONE;
  }

  @Override
  public boolean isInterruptControllerReady() {
    return true;
  }

  @Override
  public boolean allowsIrqfd(boolean resample) {
    return resample ? irqchip == Irqchip.FULL : irqchip != Irqchip.NONE;
  }

  @Override
  public Route route(RoutingEntry entry) {
    if (entry instanceof RoutingEntry.Irqchip pin) {
      return pinRoute(pin);
    }
    if (entry instanceof RoutingEntry.Message message && !isMalformed(message.message())) {
      return new Routes.ToLocalApic(message, this);
    }
    if (entry instanceof RoutingEntry.HypervSint sint && vm.kvm().rules().hypervSintRoutes()) {
      return new Routes.ToNobody(sint);
    }
    throw refused(entry);
  }

  private Route pinRoute(RoutingEntry.Irqchip entry) {
    IoApic toIoApic = ioApic;
    Pic toPic = pic;
    if (toIoApic != null
        && entry.irqchip() == IoApic.IRQCHIP
        && Integer.compareUnsigned(entry.pin(), IoApic.PINS) < 0) {
      return new Routes.ToIoApic(entry, toIoApic);
    }
    if (toPic != null
        && (entry.irqchip() & ~1) == 0
        && Integer.compareUnsigned(entry.pin(), Pic.PINS) < 0) {
      return new Routes.ToPic(entry, toPic);
    }
    throw refused(entry);
  }

  private static ErrnoException refused(RoutingEntry entry) {
    return new ErrnoException(
        Errno.EINVAL, "route " + entry + " leads to no interrupt controller in the kernel");
  }

  @Override
  public int irqLine(int irq, int level, boolean lineStatus) {
    if (irqchip == Irqchip.NONE) {
      throw new ErrnoException(Errno.ENXIO, vm + " has no in-kernel interrupt controller");
    }
    publishWhatWasWritten();
    return vm.setIrq(Vm.USERSPACE_SOURCE, irq, level, lineStatus);
  }

  @Override
  public int signalMsi(Msi msi) {
    if (irqchip == Irqchip.NONE || isMalformed(msi)) {
      throw new ErrnoException(Errno.EINVAL, vm + " cannot send " + msi);
    }
    publishWhatWasWritten();
    ApicInterrupt interrupt = ApicInterrupt.of(msi, x2apicFormat);
    if (vm.trace().enabled()) {
      vm.trace().emit(new X86Event.MsiSetIrq(interrupt));
    }
    int taken = delivery.deliver(interrupt, null);
    if (taken < 0) {
      throw new ErrnoException(Errno.EPERM, "nobody in " + vm + " is meant by " + msi);
    }
    return taken;
  }

  /**
   * What userspace wrote before its call is seen by whoever takes the interrupt, also one that is
   * pending already and is not written once more. Linux sets the bit by an instruction that is a
   * fence in any case. An eventfd's signal needs none: its lock is one.
   */
  private static void publishWhatWasWritten() {
    VarHandle.fullFence();
  }

  @Override
  public BypassPath bypassPath(VmConsumer consumer) {
    return new PostedBypass(this);
  }

  @Override
  public boolean canBypass() {
    return vm.kvm().kernel().platform().bypass().deliversMessages();
  }

  /** Whether the host's IOMMU writes virtual APICs (AVIC), and posts through no descriptors. */
  boolean hasVirtualApics() {
    return vm.kvm().kernel().platform().bypass() == BypassMode.GUEST_MODE;
  }

  @Override
  public int checkExtension(int capability) {
    return CAPABILITIES.getOrDefault(capability, 0);
  }

  /**
   * The VM's IOAPIC ({@code KVM_GET_IRQCHIP}, {@code KVM_SET_IRQCHIP}).
   *
   * @return the same at each call
   * @throws ErrnoException {@code ENXIO}: it is not in the kernel
   */
  public IoApic ioApic() {
    IoApic present = ioApic;
    if (present == null) {
      throw new ErrnoException(Errno.ENXIO, vm + " has no in-kernel IOAPIC");
    }
    return present;
  }

  @Nullable IoApic ioApicOrNull() {
    return ioApic;
  }

  /**
   * The VM's PICs ({@code KVM_GET_IRQCHIP}, {@code KVM_SET_IRQCHIP}).
   *
   * @return the same at each call
   * @throws ErrnoException {@code ENXIO}: they are not in the kernel
   */
  public Pic pic() {
    Pic present = pic;
    if (present == null) {
      throw new ErrnoException(Errno.ENXIO, vm + " has no in-kernel PIC");
    }
    return present;
  }

  /** The PIC's output rose: the first vCPU takes such interrupts ({@code pic_unlock()}). */
  void kickForPic() {
    if (!vm.vcpus().isEmpty()) {
      vm.vcpus().get(0).kick();
    }
  }

  @Nullable ApicMap map() {
    return map;
  }

  Delivery delivery() {
    return delivery;
  }

  /**
   * Whose part this is.
   *
   * @return the VM
   */
  public Vm vm() {
    return vm;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.putReference(irqchip).put(x2apicFormat).put(wideBroadcastOnly);
    IoApic presentIoApic = ioApic;
    if (presentIoApic != null) {
      presentIoApic.writeTo(sink);
    }
    Pic presentPic = pic;
    if (presentPic != null) {
      presentPic.writeTo(sink);
    }
  }
}
