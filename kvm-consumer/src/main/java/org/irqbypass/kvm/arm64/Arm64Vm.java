package org.irqbypass.kvm.arm64;

import com.google.common.collect.ImmutableList;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.kvm.BypassPath;
import org.irqbypass.kvm.KvmDevice;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.Route;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.VmArchitecture;
import org.irqbypass.kvm.VmConsumer;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Tracepoints;
import org.jspecify.annotations.Nullable;

/**
 * The Arm part of one VM ({@code struct kvm_arch}, {@code arch/arm64/kvm/arm.c} and {@code
 * vgic/vgic-irqfd.c}): its vGIC, its ITSs, and what of KVM's calls depends on them.
 *
 * <p>Safe for use from many threads.
 */
public final class Arm64Vm implements VmArchitecture {
  /** The first number no vCPU has ({@code KVM_MAX_VCPU_IDS}). */
  private static final int VCPU_LIMIT = 512;

  private static final int KVM_CAP_IRQCHIP = 0;
  private static final int KVM_CAP_IRQ_ROUTING = 25;
  private static final int KVM_CAP_IRQFD = 32;
  private static final int KVM_CAP_SIGNAL_MSI = 77;
  private static final int KVM_CAP_READONLY_MEM = 81;
  private static final int KVM_CAP_IRQFD_RESAMPLE = 82;
  private static final int KVM_CAP_DEVICE_CTRL = 89;
  private static final int KVM_CAP_MSI_DEVID = 131;

  private static final int LINE_OF_CPU = 0;
  private static final int LINE_OF_SPI = 1;
  private static final int LINE_OF_PPI = 2;

  /** IRQ and FIQ: what a vCPU without a vGIC has. */
  private static final int CPU_LINES = 2;

  private final Vm vm;
  private final Vgic vgic;
  private final Tracepoints trace;

  /** Grows under the VM's lock. */
  private volatile ImmutableList<Its> itses = ImmutableList.of();

  Arm64Vm(Vm vm, GicHardware hardware) {
    this.vm = vm;
    this.vgic = new Vgic(vm, hardware);
    this.trace = vm.trace();
  }

  /**
   * The Arm part of a VM.
   *
   * @param vm any VM
   * @return its part
   * @throws ErrnoException {@code EINVAL}: the VM is of another architecture
   */
  public static Arm64Vm of(Vm vm) {
    if (vm.architecture() instanceof Arm64Vm arm64) {
      return arm64;
    }
    throw new ErrnoException(Errno.EINVAL, vm + " is no Arm VM");
  }

  /**
   * The VM this is a part of.
   *
   * @return the VM
   */
  public Vm vm() {
    return vm;
  }

  /**
   * The VM's interrupt controller.
   *
   * @return the same object at each call, also before the controller was created
   */
  public Vgic vgic() {
    return vgic;
  }

  /**
   * The VM's ITSs.
   *
   * @return in the order in which they were created
   */
  public ImmutableList<Its> itses() {
    return itses;
  }

  // ---- vCPUs and devices

  @Override
  public void checkVcpu(int id) {
    if (id >= VCPU_LIMIT) {
      throw new ErrnoException(Errno.EINVAL, "vCPU " + id + " is beyond " + VCPU_LIMIT);
    }
    if (vgic.isInitialized()) {
      throw new ErrnoException(Errno.EBUSY, "the GIC of " + vm + " is initialized");
    }
    GicVersion version = vgic.version();
    int limit = (version == null ? vgic.hardware().version() : version).maximumVcpus();
    if (id >= limit || vgic.vcpus().size() >= limit) {
      throw new ErrnoException(Errno.EINVAL, "vCPU " + id + " is beyond what the GIC serves");
    }
  }

  @Override
  public Vcpu createVcpu(int id) {
    return new Arm64Vcpu(vm, id, vgic, vm.vcpus().size());
  }

  @Override
  public void createIrqchip() {
    if (vgic.hardware().version() != GicVersion.V2) {
      throw new ErrnoException(Errno.ENODEV, "this host emulates no GICv2");
    }
    createVgic(GicVersion.V2);
  }

  KvmDevice createVgic(GicVersion version) {
    refuseRunningVcpus();
    vgic.create(version);
    return new VgicDevice(this, version);
  }

  KvmDevice createIts() {
    Its its = new Its(vgic);
    vgic.itsCreated();
    itses = ImmutableList.<Its>builder().addAll(itses).add(its).build();
    return new ItsKvmDevice(this, its);
  }

  /** {@code lock_all_vcpus()}. */
  void refuseRunningVcpus() {
    for (Arm64Vcpu vcpu : vgic.vcpus()) {
      if (vcpu.isRunning()) {
        throw new ErrnoException(Errno.EBUSY, vcpu + " is running");
      }
    }
  }

  /**
   * The guest enables or disables a vCPU's LPIs ({@code GICR_CTLR}). Without an ITS nothing
   * happens.
   *
   * @param vcpu the vCPU's place among the VM's, from 0
   * @param enabled what {@code EnableLPIs} becomes
   * @throws ErrnoException {@code EINVAL}: no such vCPU
   */
  public void enableLpis(int vcpu, boolean enabled) {
    if (vgic.lpis().enable(vcpu, enabled)) {
      itses.forEach(Its::forgetTranslations);
    }
  }

  // ---- Routing and injection

  @Override
  public boolean canSetIrqRouting() {
    return true;
  }

  @Override
  public boolean isInterruptControllerReady() {
    return vgic.isInitialized();
  }

  @Override
  public boolean allowsIrqfd(boolean resample) {
    return true;
  }

  @Override
  public Route route(RoutingEntry entry) {
    if (entry instanceof RoutingEntry.Message message) {
      return new MessageRoute(message);
    }
    if (entry instanceof RoutingEntry.Irqchip irqchip
        && irqchip.irqchip() == 0
        && Integer.compareUnsigned(irqchip.pin(), Vgic.IRQCHIP_PINS) < 0) {
      return new SpiRoute(irqchip);
    }
    throw new ErrnoException(Errno.EINVAL, "a GIC has no " + entry);
  }

  /** A route to an SPI. */
  final class SpiRoute extends Route {
    private final int intid;

    SpiRoute(RoutingEntry.Irqchip entry) {
      super(entry);
      this.intid = entry.pin() + Vgic.PRIVATE_IRQS;
    }

    int intid() {
      return intid;
    }

    @Override
    public int set(int source, int level, boolean lineStatus) {
      boolean traced = trace.enabled();
      if (traced) {
        trace.emit(new VgicEvent.IrqfdSetIrq(level));
      }
      int result = inject(level);
      if (traced) {
        trace.emit(new VgicEvent.Returned(VgicFunction.VGIC_IRQFD_SET_IRQ, result));
      }
      return result;
    }

    @Override
    public int setInAtomic(int source, int level) {
      boolean traced = trace.enabled();
      if (traced) {
        trace.emit(new VgicEvent.SetIrqInatomic(level));
      }
      int result = vgic.isInitialized() ? inject(level) : WOULD_BLOCK;
      if (traced) {
        trace.emit(new VgicEvent.Returned(VgicFunction.KVM_ARCH_SET_IRQ_INATOMIC, result));
      }
      return result;
    }

    /** {@code vgic_irqfd_set_irq()}. */
    private int inject(int level) {
      return vgic.isValidSpi(intid)
          ? vgic.inject(0, intid, level != 0, null)
          : -Errno.EINVAL.number();
    }
  }

  /** A route to an ITS. */
  private final class MessageRoute extends Route {
    private final Msi message;

    MessageRoute(RoutingEntry.Message entry) {
      super(entry);
      this.message = entry.message();
    }

    @Override
    public int set(int source, int level, boolean lineStatus) {
      return setMsi(message, level);
    }

    @Override
    public int setInAtomic(int source, int level) {
      boolean traced = trace.enabled();
      if (traced) {
        trace.emit(new VgicEvent.SetIrqInatomic(level));
      }
      int result = vgic.hasIts() ? injectTranslatedBefore(message) : WOULD_BLOCK;
      if (traced) {
        trace.emit(new VgicEvent.Returned(VgicFunction.KVM_ARCH_SET_IRQ_INATOMIC, result));
      }
      return result;
    }
  }

  @Override
  public void setUnroutedInAtomic(int level) {
    if (trace.enabled()) {
      trace.emit(new VgicEvent.SetIrqInatomic(level));
      trace.emit(new VgicEvent.Returned(VgicFunction.KVM_ARCH_SET_IRQ_INATOMIC, Route.WOULD_BLOCK));
    }
  }

  /** {@code kvm_set_msi()}. */
  private int setMsi(Msi message, int level) {
    boolean traced = trace.enabled();
    if (traced) {
      trace.emit(new VgicEvent.SetMsi(level));
    }
    int result;
    if (!vgic.hasIts()) {
      result = -Errno.ENODEV.number();
    } else if (level == 0) {
      result = -1; // a message only rises
    } else {
      result = injectMessage(message);
    }
    if (traced) {
      trace.emit(new VgicEvent.Returned(VgicFunction.KVM_SET_MSI, result));
    }
    return result;
  }

  /** {@code vgic_its_inject_msi()}. */
  private int injectMessage(Msi message) {
    boolean traced = trace.enabled();
    if (traced) {
      trace.emit(new VgicEvent.ItsInjectMsi());
    }
    int result = translate(message);
    if (traced) {
      trace.emit(new VgicEvent.Returned(VgicFunction.VGIC_ITS_INJECT_MSI, result));
    }
    return result;
  }

  private int translate(Msi message) {
    if (injectTranslatedBefore(message) == 0) {
      return 1;
    }
    Its its = itsOf(message);
    if (its == null) {
      return -Errno.EINVAL.number();
    }
    int result = its.trigger(message.devid(), message.data());
    // Userspace learns that a message arrived, or that the guest does not take it.
    return result < 0 ? result : result == 0 ? 1 : 0;
  }

  /**
   * To which LPI a guest interrupt leads, as its route and the guest's ITS are now.
   *
   * @param gsi any number, unsigned
   * @return the INTID; -1 if its only route is not a message, or the message is not translated
   */
  public int lpiOf(int gsi) {
    Route route = vm.routing().onlyRoute(gsi);
    if (route == null || !(route.entry() instanceof RoutingEntry.Message entry)) {
      return -1;
    }
    Msi message = entry.message();
    Its its = itsOf(message);
    return its == null ? -1 : its.lpiOf(message.devid(), message.data());
  }

  /** {@code vgic_msi_to_its()}: the ITS that a message is for; null if it is for none. */
  @Nullable Its itsOf(Msi message) {
    if (message.hasDevid()) {
      for (Its its : itses) {
        if (its.contains(message.address())) {
          return its;
        }
      }
    }
    return null;
  }

  /** {@code vgic_its_inject_cached_translation()}. Neither blocks nor allocates. */
  private int injectTranslatedBefore(Msi message) {
    boolean traced = trace.enabled();
    if (traced) {
      trace.emit(new VgicEvent.ItsInjectCachedTranslation());
    }
    VgicIrq lpi = translatedBefore(message);
    int result = lpi != null && vgic.lpis().inject(lpi) ? 0 : Route.WOULD_BLOCK;
    if (traced) {
      trace.emit(new VgicEvent.Returned(VgicFunction.VGIC_ITS_INJECT_CACHED_TRANSLATION, result));
    }
    return result;
  }

  private @Nullable VgicIrq translatedBefore(Msi message) {
    ImmutableList<Its> all = itses;
    for (int i = 0; i < all.size(); i++) {
      VgicIrq lpi = all.get(i).translatedBefore(message.address(), message.devid(), message.data());
      if (lpi != null) {
        return lpi;
      }
    }
    return null;
  }

  /**
   * {@inheritDoc}
   *
   * @param irq bits 27 to 24: 0 for a line of a vCPU without vGIC, 1 for an SPI, 2 for a PPI; bits
   *     31 to 28 and 23 to 16: the vCPU; bits 15 to 0: the interrupt
   * @return with {@code lineStatus}, {@code irq}, since Linux leaves the caller's word as it is on
   *     this architecture; otherwise 0
   * @throws ErrnoException {@code ENXIO}: a line that goes with a vGIC and there is none, or the
   *     reverse; {@code EINVAL}: no such type, vCPU or interrupt; {@code EBUSY}: the vGIC is not
   *     initialized
   */
  @Override
  public int irqLine(int irq, int level, boolean lineStatus) {
    int type = irq >>> 24 & 0xf;
    int vcpu = (irq >>> 28) * 256 + (irq >>> 16 & 0xff);
    int number = irq & 0xffff;
    if (type != LINE_OF_CPU && type != LINE_OF_SPI && type != LINE_OF_PPI) {
      throw refusedLine(Errno.EINVAL, irq);
    }
    if (vgic.isCreated() == (type == LINE_OF_CPU)) {
      throw refusedLine(Errno.ENXIO, irq);
    }
    if (type != LINE_OF_SPI && vcpu >= vgic.vcpus().size()) {
      throw refusedLine(Errno.EINVAL, irq);
    }
    if (type == LINE_OF_CPU) {
      if (number >= CPU_LINES) {
        throw refusedLine(Errno.EINVAL, irq);
      }
      vgic.vcpus().get(vcpu).kick();
    } else {
      boolean fits =
          type == LINE_OF_SPI
              ? number >= Vgic.PRIVATE_IRQS
              : number >= Vgic.SGIS && number < Vgic.PRIVATE_IRQS;
      int result =
          fits
              ? vgic.inject(type == LINE_OF_SPI ? 0 : vcpu, number, level != 0, null)
              : -Errno.EINVAL.number();
      if (result < 0) {
        throw refusedLine(Errno.of(-result), irq);
      }
    }
    return lineStatus ? irq : 0;
  }

  private static ErrnoException refusedLine(Errno errno, int irq) {
    return new ErrnoException(errno, String.format("line %#x cannot be driven", irq));
  }

  @Override
  public int signalMsi(Msi msi) {
    if (!vgic.isCreated()) {
      throw new ErrnoException(Errno.EINVAL, vm + " has no in-kernel interrupt controller");
    }
    int result = setMsi(msi, 1);
    if (result < 0) {
      throw new ErrnoException(Errno.of(-result), msi + " found no way into " + vm);
    }
    return result;
  }

  // ---- Bypass

  @Override
  public BypassPath bypassPath(VmConsumer consumer) {
    return vgic.hardware().virtualLpis()
        ? new VirtualLpiPath(this, consumer)
        : new Arm64BypassPath(this, consumer);
  }

  @Override
  public void destroy() {
    vgic.destroy();
  }

  @Override
  public boolean canBypass() {
    return true;
  }

  @Override
  public int checkExtension(int capability) {
    return switch (capability) {
      case KVM_CAP_IRQCHIP,
          KVM_CAP_IRQFD,
          KVM_CAP_SIGNAL_MSI,
          KVM_CAP_READONLY_MEM,
          KVM_CAP_IRQFD_RESAMPLE,
          KVM_CAP_DEVICE_CTRL ->
          1;
      case KVM_CAP_IRQ_ROUTING -> 4096;
      case KVM_CAP_MSI_DEVID -> vgic.hasIts() ? 1 : 0;
      default -> 0;
    };
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    vgic.writeTo(sink);
    for (Its its : itses) {
      its.writeTo(sink);
    }
  }
}
