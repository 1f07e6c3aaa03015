package org.irqbypass.kvm.arm64;

import com.google.common.base.Preconditions;
import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.kvm.Vm;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.SpinLock;
import org.jspecify.annotations.Nullable;

/**
 * The interrupt controller of one guest ({@code struct vgic_dist}, {@code
 * arch/arm64/kvm/vgic/vgic.c} and {@code vgic-init.c}): a distributor with SPIs and LPIs, and an
 * interface for each vCPU.
 *
 * <p><b>Life.</b> Not there, created by {@code KVM_CREATE_DEVICE}, initialized by the attribute
 * {@code KVM_DEV_ARM_VGIC_CTRL_INIT} (a GICv2 also by its first interrupt). Only then are there
 * SPIs, a default routing table, and irqfds.
 *
 * <p><b>Locks.</b> One lock guards the state of every interrupt and of every vCPU's interface. It
 * is held for one interrupt at a time, or for the list registers of one vCPU, and nothing is called
 * under it that belongs to anybody else: vCPUs are kicked, host interrupts deactivated and
 * acknowledgements passed on after it was released. Lock order: the VM's locks, the wait-queue lock
 * of an eventfd, an ITS's lock, this one.
 *
 * <p><b>Host interrupts.</b> A guest interrupt with a host interrupt behind it is loaded with the
 * hardware bit: when the guest deactivates it, the hardware deactivates the host interrupt, with no
 * exit. What the guest had in flight when the mapping ends is completed by software as any other.
 *
 * <p>Safe for use from many threads. Driving an interrupt allocates nothing.
 */
public final class Vgic implements Fingerprinted {
  /** How many interrupts processors send each other. */
  public static final int SGIS = 16;

  /** Of a GICv2: where the sender of an SGI is in what the guest reads ({@code GICC_IAR}). */
  static final int SOURCE_SHIFT = 10;

  private static final int INTID_MASK = (1 << SOURCE_SHIFT) - 1;

  /** How many interrupts each vCPU has for itself; the first SPI's number. */
  public static final int PRIVATE_IRQS = 32;

  /** The first number of a locality-specific interrupt. */
  public static final int FIRST_LPI = 8192;

  /** One above the highest LPI: interrupt numbers have 16 bits ({@code INTERRUPT_ID_BITS_ITS}). */
  public static final int LPI_LIMIT = 1 << 16;

  /** How many pins a routing table may name ({@code KVM_IRQCHIP_NUM_PINS}). */
  public static final int IRQCHIP_PINS = 1020 - PRIVATE_IRQS;

  /**
   * Interrupts of a controller whose number userspace did not set ({@code VGIC_NR_IRQS_LEGACY}).
   */
  private static final int DEFAULT_IRQS = 256;

  private static final int MAXIMUM_IRQS = 1023;

  private final Vm vm;
  private final GicHardware hardware;
  private final Tracepoints trace;
  private final SpinLock lock = new SpinLock();

  // The life of the controller is configuration: written under the VM's lock.
  private volatile @Nullable GicVersion version;
  private volatile boolean initialized;
  private volatile boolean hasIts;
  private int spiCount;

  /** A vCPU handed over what goes to another; guarded by the lock. */
  private boolean handedOver;

  /** Empty until initialized; published by the volatile write of {@link #initialized}. */
  private VgicIrq[] spis = {};

  private final LpiTables lpis;
  private final VirtualLpis virtualLpis;

  Vgic(Vm vm, GicHardware hardware) {
    this.vm = vm;
    this.hardware = hardware;
    this.trace = vm.trace();
    this.lpis = new LpiTables(this, lock);
    this.virtualLpis = new VirtualLpis(this, lock);
  }

  Vm vm() {
    return vm;
  }

  GicHardware hardware() {
    return hardware;
  }

  Tracepoints trace() {
    return trace;
  }

  /**
   * The guest's LPIs.
   *
   * @return the same tables at each call
   */
  public LpiTables lpis() {
    return lpis;
  }

  VirtualLpis virtualLpis() {
    return virtualLpis;
  }

  // ---- Life

  /**
   * Whether the VM has a controller, initialized or not ({@code irqchip_in_kernel()}).
   *
   * @return true once the device was created
   */
  public boolean isCreated() {
    return version != null;
  }

  /**
   * Whether the controller is ready for interrupts ({@code vgic_initialized()}).
   *
   * @return true once it was initialized
   */
  public boolean isInitialized() {
    return initialized;
  }

  /**
   * Whether messages find an ITS ({@code vgic_has_its()}).
   *
   * @return true once one was created
   */
  public boolean hasIts() {
    return hasIts;
  }

  /** {@code kvm_vgic_create()}. Under the VM's lock. */
  void create(GicVersion newVersion) {
    if (version != null) {
      throw new ErrnoException(Errno.EEXIST, vm + " has a GIC" + version + " already");
    }
    int vcpus = vm.vcpus().size();
    if (vcpus > newVersion.maximumVcpus()) {
      throw new ErrnoException(
          Errno.E2BIG, vm + " has " + vcpus + " vCPUs, too many for a GIC" + newVersion);
    }
    version = newVersion;
  }

  @Nullable GicVersion version() {
    return version;
  }

  /** {@code KVM_DEV_ARM_VGIC_GRP_NR_IRQS}. Under the VM's lock. */
  void setIrqCount(int count) {
    if (count < PRIVATE_IRQS + 32 || count > MAXIMUM_IRQS || count % 32 != 0) {
      throw new ErrnoException(Errno.EINVAL, "a GIC cannot have " + count + " interrupts");
    }
    if (initialized || spiCount != 0) {
      throw new ErrnoException(Errno.EBUSY, "the number of interrupts of " + vm + " is set");
    }
    spiCount = count - PRIVATE_IRQS;
  }

  /** How many SPIs there are, or will be; 0 while undecided. */
  int spiCount() {
    return spiCount;
  }

  /** {@code vgic_init()}. Under the VM's lock. Does nothing the second time. */
  void initialize() {
    if (initialized) {
      return;
    }
    if (spiCount == 0) {
      spiCount = DEFAULT_IRQS - PRIVATE_IRQS;
    }
    VgicIrq[] made = new VgicIrq[spiCount];
    Arm64Vcpu first = vcpu(0);
    VgicCpu firstCpu = first == null ? null : first.interfaceToGic();
    for (int i = 0; i < spiCount; i++) {
      made[i] = new VgicIrq(PRIVATE_IRQS + i, Trigger.LEVEL);
      made[i].target = firstCpu;
    }
    spis = made;
    if (hasIts) {
      initializeDirectLpis();
    }
    List<RoutingEntry> routes = new ArrayList<>(spiCount);
    for (int pin = 0; pin < spiCount; pin++) {
      routes.add(RoutingEntry.irqchip(pin, 0, pin));
    }
    vm.installDefaultRouting(routes);
    initialized = true;
  }

  /** An ITS was created. Under the VM's lock. */
  void itsCreated() {
    hasIts = true;
    if (initialized) {
      initializeDirectLpis();
    }
  }

  /** {@code vgic_v4_init()}, which does nothing where the host has no GICv4. */
  private void initializeDirectLpis() {
    if (trace.enabled()) {
      trace.emit(new VgicEvent.V4Init());
      trace.emit(new VgicEvent.Returned(VgicFunction.VGIC_V4_INIT, 0));
    }
  }

  /** {@code kvm_vgic_destroy()}. */
  void destroy() {
    if (virtualLpis.areSupported() && trace.enabled()) {
      trace.emit(new VgicEvent.V4Teardown());
    }
  }

  /** By the order of their making, which is how Linux indexes them. */
  @SuppressWarnings("unchecked") // an Arm VM has no others
  ImmutableList<Arm64Vcpu> vcpus() {
    return (ImmutableList<Arm64Vcpu>) (ImmutableList<?>) vm.vcpus();
  }

  // ---- Finding interrupts

  /** {@code vgic_valid_spi()}. */
  boolean isValidSpi(int intid) {
    return initialized && intid >= PRIVATE_IRQS && intid < PRIVATE_IRQS + spiCount;
  }

  /** {@code vgic_get_irq()} of anything but an LPI; null if there is none. */
  private @Nullable VgicIrq find(@Nullable VgicCpu cpu, int intid) {
    if (intid < 0) {
      return null;
    }
    if (intid < PRIVATE_IRQS) {
      return cpu == null ? null : cpu.privateIrqs[intid];
    }
    return isValidSpi(intid) ? spis[intid - PRIVATE_IRQS] : null;
  }

  private VgicIrq spi(int intid) {
    VgicIrq irq = find(null, intid);
    if (irq == null) {
      throw new ErrnoException(
          initialized ? Errno.EINVAL : Errno.EBUSY, vm + " has no SPI with INTID " + intid);
    }
    return irq;
  }

  @Nullable Arm64Vcpu vcpu(int index) {
    ImmutableList<Arm64Vcpu> now = vcpus();
    return index < 0 || index >= now.size() ? null : now.get(index);
  }

  // ---- Driving interrupts

  /**
   * Drives an SPI, PPI or SGI ({@code kvm_vgic_inject_irq()}). A level interrupt takes the level,
   * an edge interrupt latches each rise. Allocates nothing.
   *
   * <p>A GICv2 that is not initialized yet is so by the first call ({@code vgic_lazy_init()}),
   * which comes before the look whether there is such an interrupt.
   *
   * @param vcpuIndex the vCPU of a private interrupt; otherwise of no meaning
   * @param intid 0 to 1019
   * @param level the new level
   * @param owner who drives it; where the interrupt has an owner and this is somebody else, nothing
   *     happens
   * @return 0; or negated, {@code EBUSY}: the controller is not initialized, {@code EINVAL}: no
   *     such interrupt
   */
  public int inject(int vcpuIndex, int intid, boolean level, @Nullable Object owner) {
    if (trace.enabled()) {
      trace.emit(new VgicEvent.UpdateIrqPending(vm, vcpuIndex, intid, level));
    }
    if (!initialized) {
      if (version != GicVersion.V2) {
        return -Errno.EBUSY.number();
      }
      vm.configure(this::initialize);
    }
    Arm64Vcpu vcpu = vcpu(vcpuIndex);
    VgicIrq irq = find(vcpu == null ? null : vcpu.interfaceToGic(), intid);
    if (irq == null) {
      return -Errno.EINVAL.number();
    }
    VgicCpu woken = null;
    lock.lock();
    try {
      if (irq.owner != owner) {
        return 0;
      }
      if (irq.trigger == Trigger.EDGE) {
        if (!level) {
          return 0;
        }
        irq.pendingLatch = true;
        if (intid < SGIS && hardware.version() == GicVersion.V2) {
          irq.sources |= 1; // somebody has to have sent it
        }
      } else {
        if (irq.lineLevel == level) {
          return 0;
        }
        irq.lineLevel = level;
      }
      woken = queue(irq);
    } finally {
      lock.unlock();
    }
    kick(woken);
    return 0;
  }

  /** {@code vgic_v3_dispatch_sgi()}, {@code vgic_mmio_write_sgir()}. */
  void sendSgi(VgicCpu source, int target, int sgi) {
    if (!initialized) {
      throw new ErrnoException(Errno.EBUSY, "the GIC of " + vm + " is not initialized");
    }
    Arm64Vcpu vcpu = vcpu(target);
    if (vcpu == null) {
      throw new ErrnoException(Errno.EINVAL, vm + " has no vCPU at " + target);
    }
    VgicIrq irq = vcpu.interfaceToGic().privateIrqs[sgi];
    VgicCpu woken;
    lock.lock();
    try {
      irq.pendingLatch = true;
      if (source.hasSources) {
        irq.sources |= 1 << source.index;
      }
      woken = queue(irq);
    } finally {
      lock.unlock();
    }
    kick(woken);
  }

  /**
   * {@code vgic_queue_irq_unlock()}: puts an interrupt where it belongs after its state changed.
   *
   * @return the vCPU that has to look, or null
   */
  @Nullable VgicCpu queue(VgicIrq irq) {
    VgicCpu destination = irq.destination();
    VgicCpu present = irq.queuedOn;
    if (destination != null) {
      destination.virtualPe.wake();
    }
    if (present == null) {
      if (destination != null) {
        destination.append(irq);
      }
    } else if (destination != null) {
      // The vCPU may hold it in a list register, and may have ended it there: it has to look again.
      destination.stale = true;
    } else if (irq.register == VgicIrq.NOT_LOADED) {
      present.remove(irq);
    }
    return destination;
  }

  void kick(@Nullable VgicCpu woken) {
    if (woken != null) {
      vcpus().get(woken.index).kick();
    }
  }

  /**
   * Takes an interrupt back from the list register that holds it, if one does, changes it, and puts
   * it where it belongs then.
   */
  void change(VgicIrq irq, Runnable change) {
    VgicCpu before;
    VgicCpu after;
    lock.lock();
    try {
      before = irq.register == VgicIrq.NOT_LOADED ? null : irq.queuedOn;
      if (before != null) {
        before.fold(irq);
      }
      change.run();
      VgicCpu present = irq.queuedOn;
      after = irq.destination();
      if (present != null && present != after) {
        present.remove(irq);
      }
      after = queue(irq);
      lpis.dropUnused(irq);
    } finally {
      lock.unlock();
    }
    kick(before);
    if (after != before) {
      kick(after);
    }
  }

  // ---- The guest's side, for Arm64Vcpu

  /** The vCPU enters guest mode: its list registers are loaded. */
  void enter(VgicCpu cpu) {
    boolean moved;
    lock.lock();
    try {
      cpu.virtualPe.load();
      reload(cpu);
      moved = anybodyGained();
    } finally {
      lock.unlock();
    }
    kickWhoGained(moved);
  }

  /** The vCPU has left guest mode: its list registers are folded back. */
  void leave(VgicCpu cpu) {
    boolean moved;
    lock.lock();
    try {
      cpu.virtualPe.put();
      cpu.unload();
      prune(cpu);
      moved = anybodyGained();
    } finally {
      lock.unlock();
    }
    kickWhoGained(moved);
  }

  /** {@code kvm_vcpu_wfi()}: the vCPU blocks, and is outside guest mode. */
  void block(VgicCpu cpu) {
    lock.lock();
    try {
      cpu.virtualPe.block();
    } finally {
      lock.unlock();
    }
  }

  /** The vCPU is loaded, and outside guest mode. */
  void unblock(VgicCpu cpu) {
    lock.lock();
    try {
      cpu.virtualPe.put();
    } finally {
      lock.unlock();
    }
  }

  boolean isResident(VgicCpu cpu) {
    lock.lock();
    try {
      return cpu.virtualPe.isResident();
    } finally {
      lock.unlock();
    }
  }

  /** {@code kvm_vgic_sync_hwstate()} and {@code kvm_vgic_flush_hwstate()}. */
  private void reload(VgicCpu cpu) {
    cpu.unload();
    prune(cpu);
    cpu.load();
  }

  /** {@code vgic_prune_ap_list()}: what no longer belongs here leaves the list. */
  private void prune(VgicCpu cpu) {
    VgicIrq irq = cpu.first();
    while (irq != null) {
      VgicIrq following = irq.next;
      VgicCpu destination = irq.destination();
      if (destination != cpu) {
        handOver(cpu, irq, destination);
      }
      irq = following;
    }
  }

  private void handOver(VgicCpu cpu, VgicIrq irq, @Nullable VgicCpu destination) {
    cpu.handOver(irq, destination);
    if (destination == null) {
      lpis.dropUnused(irq);
    } else {
      handedOver = true;
    }
  }

  /**
   * The guest is done with an interrupt: its register is free, and it leaves the list.
   *
   * @return whether it came again meanwhile, and waits to be loaded
   */
  private boolean foldSpent(VgicCpu cpu, VgicIrq irq) {
    cpu.foldSpent(irq);
    VgicCpu destination = irq.destination();
    if (destination == cpu) {
      return true;
    }
    handOver(cpu, irq, destination);
    return false;
  }

  /** Who was handed something over has to look. Called with the lock held. */
  private boolean anybodyGained() {
    boolean some = handedOver;
    handedOver = false;
    return some;
  }

  private void kickWhoGained(boolean some) {
    if (!some) {
      return;
    }
    ImmutableList<Arm64Vcpu> now = vcpus();
    for (int i = 0; i < now.size(); i++) {
      Arm64Vcpu vcpu = now.get(i);
      if (hasGained(vcpu.interfaceToGic())) {
        vcpu.kick();
      }
    }
  }

  private boolean hasGained(VgicCpu cpu) {
    lock.lock();
    try {
      boolean gained = cpu.gained;
      cpu.gained = false;
      return gained;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The guest acknowledges its most urgent interrupt.
   *
   * @param vcpu whose; outside guest mode the list registers are loaded for this one look only
   * @return the INTID; -1 if there is none
   */
  int acknowledge(Arm64Vcpu vcpu) {
    VgicCpu cpu = vcpu.interfaceToGic();
    boolean inGuest = vcpu.isRunning();
    boolean moved;
    int taken = -1;
    lock.lock();
    try {
      if (!cpu.loaded || cpu.stale) {
        reload(cpu);
      }
      int register = cpu.highestPending();
      VgicIrq irq = register < 0 ? null : cpu.registers.irq(register);
      VirtualLpi vlpi = cpu.highestVirtualLpi(register);
      if (vlpi != null) {
        taken = vlpi.lpi.intid;
        cpu.acknowledge(vlpi);
      } else if (irq != null) {
        taken = cpu.acknowledgedId(register, irq);
        cpu.acknowledge(register);
      }
      if (!inGuest) {
        cpu.unload();
        prune(cpu);
      }
      moved = anybodyGained();
    } finally {
      lock.unlock();
    }
    kickWhoGained(moved);
    return taken;
  }

  /** Whether the guest would get something from {@link #acknowledge}. */
  boolean hasPending(VgicCpu cpu) {
    lock.lock();
    try {
      return cpu.hasPending();
    } finally {
      lock.unlock();
    }
  }

  /** The guest drops the running priority, and leaves deactivation for later (EOImode 1). */
  void dropPriority(Arm64Vcpu vcpu) {
    VgicCpu cpu = vcpu.interfaceToGic();
    boolean starved;
    lock.lock();
    try {
      cpu.dropPriority();
      starved = cpu.isStarved();
      cpu.stale |= starved;
    } finally {
      lock.unlock();
    }
    if (starved) {
      vcpu.exitGuest(VcpuEvent.Reason.MAINTENANCE);
    }
  }

  /**
   * The guest sets its priority mask.
   *
   * @return whether it lets through what no list register holds, and the vCPU has to exit for it
   */
  boolean maskPriorities(VgicCpu cpu, int mask) {
    lock.lock();
    try {
      cpu.maskPriorities(mask);
      boolean starved = cpu.isStarved();
      cpu.stale |= starved;
      return starved;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The guest deactivates an interrupt. If hardware stands behind it, that deactivates the host
   * interrupt; otherwise a level interrupt makes the vCPU exit, and whoever resamples it is told.
   *
   * @param dropsPriority whether the priority drops with it (EOImode 0)
   */
  void deactivate(Arm64Vcpu vcpu, int named, boolean dropsPriority) {
    VgicCpu cpu = vcpu.interfaceToGic();
    int intid = cpu.hasSources && named >= 0 ? named & INTID_MASK : named;
    HostIrq completed = null;
    boolean acknowledged;
    boolean maintenance;
    boolean moved;
    lock.lock();
    try {
      if (dropsPriority) {
        cpu.dropPriority();
      }
      boolean inGuest = cpu.loaded;
      if (!inGuest || cpu.stale) {
        reload(cpu);
      }
      VgicIrq irq = cpu.loadedIrq(intid);
      boolean emulated = false;
      boolean level = false;
      boolean again = false;
      if (irq == null) { // perhaps active, and pushed out of the registers: the hardware traps
        irq = cpu.queued(intid);
        emulated = irq != null && irq.active;
        if (irq != null && emulated) {
          irq.active = false;
          if (irq.trigger == Trigger.LEVEL) {
            irq.pendingLatch = false;
          }
          completed = irq.hostIrq;
          level = completed == null && irq.trigger == Trigger.LEVEL;
          VgicCpu destination = irq.destination();
          if (destination != cpu) {
            handOver(cpu, irq, destination);
          }
        }
      } else if (cpu.registers.has(irq.register, ListRegisters.ACTIVE)) {
        cpu.registers.deactivate(irq.register);
        if (cpu.registers.has(irq.register, ListRegisters.HARDWARE)) {
          completed = irq.hostIrq;
        } else {
          level = cpu.registers.has(irq.register, ListRegisters.EOI_MAINTENANCE);
        }
        if (cpu.registers.isSpent(irq.register)) {
          again = foldSpent(cpu, irq);
        }
      }
      acknowledged = level && irq != null && irq.isSpi();
      maintenance =
          level
              || emulated
              || again
              || (cpu.overflowing && cpu.registers.used() <= 1)
              || cpu.isStarved();
      cpu.stale |= maintenance;
      if (!inGuest) {
        cpu.unload();
        prune(cpu);
      }
      moved = anybodyGained();
    } finally {
      lock.unlock();
    }
    kickWhoGained(moved);
    if (maintenance) {
      vcpu.exitGuest(VcpuEvent.Reason.MAINTENANCE);
    }
    if (completed != null) {
      completed.deactivate();
    }
    if (acknowledged) {
      vm.notifyAcked(0, intid - PRIVATE_IRQS);
    }
  }

  /** What a vCPU's list registers hold now. */
  ImmutableList<ListRegister> listRegisters(VgicCpu cpu) {
    ImmutableList.Builder<ListRegister> held = ImmutableList.builder();
    lock.lock();
    try {
      for (int register = 0; register < cpu.registers.count(); register++) {
        ListRegister snapshot = cpu.registers.snapshot(register);
        if (snapshot != null) {
          held.add(snapshot);
        }
      }
    } finally {
      lock.unlock();
    }
    return held.build();
  }

  // ---- Configuring SPIs

  /**
   * Configures an SPI, as the guest's driver does ({@code GICD_ICFGR}, {@code GICD_ISENABLER}).
   * SPIs are level-triggered, disabled, of priority 0 and for the first vCPU until told otherwise.
   *
   * @param intid 32 to 1019
   * @param trigger edge or level
   * @param enabled whether it comes through
   * @throws ErrnoException {@code EBUSY}: the controller is not initialized; {@code EINVAL}: no
   *     such SPI
   */
  public void configureSpi(int intid, Trigger trigger, boolean enabled) {
    VgicIrq irq = spi(intid);
    change(
        irq,
        () -> {
          irq.trigger = trigger;
          irq.enabled = enabled;
        });
  }

  /**
   * Sets an SPI's priority ({@code GICD_IPRIORITYR}).
   *
   * @param intid 32 to 1019
   * @param priority 0 (highest) to 255
   * @throws ErrnoException as {@link #configureSpi}
   */
  public void setPriority(int intid, int priority) {
    Preconditions.checkArgument(priority >>> 8 == 0, "priority %s", priority);
    VgicIrq irq = spi(intid);
    change(irq, () -> irq.priority = priority);
  }

  /**
   * Routes an SPI to a vCPU ({@code GICD_IROUTER}, {@code GICD_ITARGETSR}). What is active stays
   * where it is.
   *
   * @param intid 32 to 1019
   * @param vcpu the vCPU's place among the VM's, from 0
   * @throws ErrnoException as {@link #configureSpi}; {@code EINVAL}: no such vCPU
   */
  public void setTarget(int intid, int vcpu) {
    Arm64Vcpu target = vcpu(vcpu);
    if (target == null) {
      throw new ErrnoException(Errno.EINVAL, vm + " has no vCPU at " + vcpu);
    }
    VgicIrq irq = spi(intid);
    retarget(irq, target.interfaceToGic());
  }

  /**
   * Reads an SPI's state.
   *
   * @param intid 32 to 1019
   * @return a snapshot
   * @throws ErrnoException as {@link #configureSpi}
   */
  public SpiState spiState(int intid) {
    VgicIrq irq = spi(intid);
    lock.lock();
    try {
      boolean pending = irq.pendingLatch;
      boolean active = irq.active;
      VgicCpu cpu = irq.queuedOn;
      if (cpu != null && irq.register != VgicIrq.NOT_LOADED) {
        pending |=
            irq.trigger == Trigger.EDGE && cpu.registers.has(irq.register, ListRegisters.PENDING);
        active = cpu.registers.has(irq.register, ListRegisters.ACTIVE);
      }
      return new SpiState(
          irq.trigger, pending, active, irq.enabled, irq.lineLevel, irq.hostIrq != null);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Gives an interrupt an owner; nobody else drives it from then on ({@code kvm_vgic_set_owner()}).
   *
   * @param vcpu the vCPU of a PPI; otherwise of no meaning
   * @param intid a PPI or SPI
   * @param owner compared by identity
   * @throws ErrnoException {@code EAGAIN}: the controller is not initialized; {@code EINVAL}: an
   *     SGI, an LPI or no interrupt; {@code EEXIST}: it has another owner
   */
  public void setOwner(int vcpu, int intid, Object owner) {
    if (!initialized) {
      throw new ErrnoException(Errno.EAGAIN, "the GIC of " + vm + " is not initialized");
    }
    Arm64Vcpu of = vcpu(vcpu);
    VgicIrq irq = intid < SGIS ? null : find(of == null ? null : of.interfaceToGic(), intid);
    if (irq == null) {
      throw new ErrnoException(Errno.EINVAL, "INTID " + intid + " cannot have an owner");
    }
    lock.lock();
    try {
      if (irq.owner != null && irq.owner != owner) {
        throw new ErrnoException(Errno.EEXIST, irq + " is owned by " + irq.owner);
      }
      irq.owner = owner;
    } finally {
      lock.unlock();
    }
  }

  // ---- Host interrupts behind guest interrupts

  /**
   * Puts a host interrupt behind an SPI ({@code kvm_vgic_map_phys_irq()}). Neither its nor the
   * host's state is checked: the caller sees to it that nothing is in flight, or that the host
   * interrupt is active.
   *
   * @param intid 32 to 1019
   * @param host is completed by the guest's deactivation
   * @return whether the guest has one in flight there, whose end completes the host interrupt
   * @throws ErrnoException {@code EAGAIN}: the controller is not initialized; {@code EINVAL}: no
   *     such SPI; {@code EBUSY}: another host interrupt is there
   */
  public boolean map(int intid, HostIrq host) {
    if (!initialized) {
      throw new ErrnoException(Errno.EAGAIN, "the GIC of " + vm + " is not initialized");
    }
    VgicIrq irq = spi(intid);
    lock.lock();
    try {
      if (irq.hostIrq != null) {
        throw new ErrnoException(Errno.EBUSY, irq + " is mapped to " + irq.hostIrq);
      }
      irq.hostIrq = host;
    } finally {
      lock.unlock();
    }
    AtomicBoolean inFlight = new AtomicBoolean();
    change(
        irq,
        () -> {
          if (irq.active) {
            irq.lineLevel = false; // its rise was taken; from now on only rises count
          }
          inFlight.set(irq.active || irq.pendingLatch);
        });
    if (trace.enabled()) {
      trace.emit(new VgicEvent.MapPhysIrq(vm, intid, host));
    }
    return inFlight.get();
  }

  /**
   * Takes the host interrupt from behind an SPI ({@code kvm_vgic_unmap_phys_irq()}). What the guest
   * has in flight stays so, and completes by software. The host interrupt's state is the caller's
   * concern.
   *
   * @param intid an SPI that is mapped
   * @throws ErrnoException {@code EAGAIN}: the controller is not initialized; {@code EINVAL}: no
   *     such SPI
   */
  public void unmap(int intid) {
    if (!initialized) {
      throw new ErrnoException(Errno.EAGAIN, "the GIC of " + vm + " is not initialized");
    }
    VgicIrq irq = spi(intid);
    change(
        irq,
        () -> {
          irq.hostIrq = null;
          if (irq.lineLevel) { // it rose once, and nobody would lower it: it is taken once
            irq.lineLevel = false;
            irq.pendingLatch = true;
          }
        });
    if (trace.enabled()) {
      trace.emit(new VgicEvent.UnmapPhysIrq(vm, intid));
    }
  }

  /** {@code update_affinity()}. */
  void retarget(VgicIrq irq, @Nullable VgicCpu target) {
    change(irq, () -> irq.target = target);
    if (irq.isLpi() && target != null) {
      virtualLpis.retarget(irq, target);
    }
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    lock.lock();
    try {
      sink.putReference(version).put(initialized).put(hasIts).put(spiCount);
      for (VgicIrq spi : spis) {
        spi.writeTo(sink);
      }
      lpis.writeTo(sink);
      for (Arm64Vcpu vcpu : vcpus()) {
        vcpu.interfaceToGic().writeTo(sink);
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public String toString() {
    return "vGIC of " + vm;
  }
}
