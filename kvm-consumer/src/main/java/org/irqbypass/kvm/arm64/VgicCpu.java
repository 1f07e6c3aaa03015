package org.irqbypass.kvm.arm64;

import java.util.BitSet;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Trigger;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.jspecify.annotations.Nullable;

/**
 * One vCPU's part of the vGIC ({@code struct vgic_cpu}): its private interrupts, the list of what
 * is pending or active for it, the list registers, and the guest's CPU interface.
 *
 * <p><b>Loading and folding.</b> The list registers are loaded when the vCPU enters guest mode and
 * folded back when it leaves ({@code vgic_flush_lr_state()}, {@code vgic_fold_lr_state()}); an
 * interrupt that comes meanwhile makes the vCPU exit and come back. If more is queued than there
 * are registers, the most urgent are loaded, and the hardware asks for maintenance once at most one
 * register is in use, or none holds what the guest could take. An active interrupt that others push
 * out is deactivated by a trap.
 *
 * <p>Everything here is guarded by the vGIC's lock.
 */
final class VgicCpu implements Fingerprinted {
  /** Lower than any priority: nothing is active, or nothing is masked. */
  private static final int IDLE = 0x100;

  /** The hardware compares the upper five bits. */
  private static final int GROUP_SHIFT = 3;

  /** The vCPU's place among the VM's, from 0. */
  final int index;

  final ListRegisters registers;

  /** SGIs are told apart by who sent them: a GICv2. */
  final boolean hasSources;

  /** SGIs and PPIs. */
  final VgicIrq[] privateIrqs = new VgicIrq[Vgic.PRIVATE_IRQS];

  /** The guest's table of pending LPIs, in its memory. */
  final BitSet pendingTable = new BitSet();

  /** What the hardware delivers to this vCPU by itself. */
  final VirtualPe virtualPe = new VirtualPe();

  /** Written under the lock; volatile for who translates a message, under its ITS's lock. */
  volatile boolean lpisEnabled;

  /** The registers hold what they should, unless {@link #stale}. */
  boolean loaded;

  /** Something changed that the registers do not show ({@code KVM_REQ_IRQ_PENDING}). */
  boolean stale;

  /** More is queued than the registers hold ({@code ICH_HCR_UIE}). */
  boolean overflowing;

  /** Another vCPU has handed something over, and this one is to be kicked. */
  boolean gained;

  private int priorityMask = IDLE;

  /** One bit for each group priority that is active ({@code ICH_AP1R0_EL2}). */
  private int activePriorities;

  private @Nullable VgicIrq first;
  private @Nullable VgicIrq last;
  private int queued;

  VgicCpu(int index, GicHardware hardware) {
    this.index = index;
    this.registers = new ListRegisters(hardware.listRegisters());
    this.hasSources = hardware.version() == GicVersion.V2;
    for (int intid = 0; intid < Vgic.PRIVATE_IRQS; intid++) {
      boolean sgi = intid < Vgic.SGIS;
      VgicIrq irq = new VgicIrq(intid, sgi ? Trigger.EDGE : Trigger.LEVEL);
      irq.enabled = sgi;
      irq.target = this;
      privateIrqs[intid] = irq;
    }
  }

  void append(VgicIrq irq) {
    irq.queuedOn = this;
    irq.previous = last;
    if (last == null) {
      first = irq;
    } else {
      last.next = irq;
    }
    last = irq;
    queued++;
    stale = true;
  }

  void remove(VgicIrq irq) {
    VgicIrq before = irq.previous;
    VgicIrq after = irq.next;
    if (before == null) {
      first = after;
    } else {
      before.next = after;
    }
    if (after == null) {
      last = before;
    } else {
      after.previous = before;
    }
    irq.previous = null;
    irq.next = null;
    irq.queuedOn = null;
    queued--;
  }

  @Nullable VgicIrq first() {
    return first;
  }

  /** What is pending or active here under a number; null if nothing is. */
  @Nullable VgicIrq queued(int intid) {
    VgicIrq irq = first;
    while (irq != null && irq.intid != intid) {
      irq = irq.next;
    }
    return irq;
  }

  /** Puts what is queued into the list registers. All of them are empty, and the list is pruned. */
  void load() {
    int room = registers.count();
    overflowing = queued > room;
    if (overflowing) {
      for (; room > 0; room--) {
        loadRegister(mostUrgent());
      }
    } else {
      for (VgicIrq irq = first; irq != null; irq = irq.next) {
        loadRegister(irq);
      }
    }
    loaded = true;
    stale = false;
  }

  /**
   * The next to be loaded ({@code vgic_irq_cmp()}): by priority, and of equals the active first;
   * last what is active and holds nothing back, since its priority was dropped (EOImode 1). Linux
   * long loaded all that was active first, which kept back what is more urgent.
   */
  private VgicIrq mostUrgent() {
    VgicIrq best = null;
    for (VgicIrq irq = first; irq != null; irq = irq.next) {
      if (irq.register == VgicIrq.NOT_LOADED && (best == null || isMoreUrgent(irq, best))) {
        best = irq;
      }
    }
    if (best == null) {
      throw new AssertionError("fewer interrupts are queued than counted");
    }
    return best;
  }

  private boolean isMoreUrgent(VgicIrq irq, VgicIrq than) {
    if (isDropped(irq) != isDropped(than)) {
      return isDropped(than);
    }
    return irq.priority == than.priority
        ? irq.active && !than.active
        : irq.priority < than.priority;
  }

  private boolean isDropped(VgicIrq irq) {
    return irq.active && (activePriorities & 1 << groupOf(irq.priority)) == 0;
  }

  /**
   * Whether the guest would acknowledge something, and no register holds it: the hardware asks for
   * maintenance because nothing is pending there ({@code ICH_HCR_NPIE}).
   */
  boolean isStarved() {
    return overflowing && highestPending() < 0 && hasPending();
  }

  /** {@code vgic_v3_populate_lr()}. */
  private void loadRegister(VgicIrq irq) {
    HostIrq host = irq.hostIrq;
    boolean level = irq.trigger == Trigger.LEVEL;
    long flags = irq.active ? ListRegisters.ACTIVE : 0;
    if (host != null) {
      flags |= ListRegisters.HARDWARE;
    } else if (level) {
      flags |= ListRegisters.EOI_MAINTENANCE;
    }
    // Pending and active at once is left to unmapped edges: what else comes for a mapped interrupt
    // stays in the physical distributor, and a level's completion would go unseen.
    boolean mayPend = !irq.active || (host == null && !level && irq.sources == 0);
    int physicalId = host == null ? irq.activeSource : host.number();
    if (mayPend && irq.enabled && irq.isPending()) {
      flags |= ListRegisters.PENDING;
      if (irq.sources != 0) {
        physicalId = Integer.numberOfTrailingZeros(irq.sources);
        irq.sources &= irq.sources - 1;
        irq.pendingLatch = irq.sources != 0;
      } else if (!level) {
        irq.pendingLatch = false;
      } else if (host != null) {
        irq.lineLevel = false; // a mapped level is seen to rise only: be ready for the next rise
      }
    }
    if (irq.sources != 0) {
      flags |= ListRegisters.EOI_MAINTENANCE; // the next sender's comes when this one is done
    }
    registers.load(irq, flags, physicalId);
  }

  /** Takes everything back from the list registers. */
  void unload() {
    for (int register = 0; register < registers.count(); register++) {
      fold(register);
    }
    loaded = false;
    overflowing = false;
  }

  /** Takes one interrupt back from its list register, if it is in one. */
  void fold(VgicIrq irq) {
    if (irq.register != VgicIrq.NOT_LOADED && irq.queuedOn == this) {
      fold(irq.register);
      stale = true;
    }
  }

  /** The guest is done with an interrupt: its register is free. */
  void foldSpent(VgicIrq irq) {
    fold(irq.register);
  }

  /** Gives an interrupt to the vCPU it belongs to by now, or to none. */
  void handOver(VgicIrq irq, @Nullable VgicCpu destination) {
    remove(irq);
    if (destination != null) {
      destination.append(irq);
      destination.gained = true;
    }
  }

  /**
   * {@code vgic_v3_fold_lr_state()}. Differs from it in one thing: a mapped level that the guest
   * has not acknowledged stays pending, where Linux asks the line and drops what is no longer
   * asserted. Each interrupt that the host acknowledged is thus taken and completed by the guest,
   * once.
   */
  private void fold(int register) {
    VgicIrq irq = registers.irq(register);
    if (irq == null) {
      return;
    }
    boolean pending = registers.has(register, ListRegisters.PENDING);
    irq.active = registers.has(register, ListRegisters.ACTIVE);
    if (hasSources && irq.intid < Vgic.SGIS) {
      int source = registers.physicalId(register);
      irq.sources |= pending ? 1 << source : 0;
      irq.activeSource = irq.active ? source : 0;
    }
    if (irq.trigger == Trigger.EDGE) {
      irq.pendingLatch |= pending;
    } else if (pending) {
      irq.lineLevel |= registers.has(register, ListRegisters.HARDWARE);
    } else if (!irq.active) {
      irq.pendingLatch = false;
    }
    registers.clear(register);
  }

  /** The register of the interrupt that the guest would acknowledge now; -1 if there is none. */
  int highestPending() {
    int best = -1;
    int bestPriority = runningPriority();
    for (int register = 0; register < registers.count(); register++) {
      if (registers.has(register, ListRegisters.PENDING)
          && !registers.has(register, ListRegisters.ACTIVE)
          && registers.priority(register) < priorityMask
          && groupOf(registers.priority(register)) < groupOf(bestPriority)) {
        best = register;
        bestPriority = registers.priority(register);
      }
    }
    return best;
  }

  /** The vLPI that the guest would acknowledge now; null: rather what the register holds. */
  @Nullable VirtualLpi highestVirtualLpi(int register) {
    int limit = register < 0 ? runningPriority() : registers.priority(register);
    VirtualLpi vlpi = virtualPe.mostUrgent(Math.min(limit, priorityMask));
    return vlpi != null && groupOf(vlpi.lpi.priority) < groupOf(limit) ? vlpi : null;
  }

  /** Whether something is queued that the guest would acknowledge once it is loaded. */
  boolean hasPending() {
    if ((loaded && highestPending() >= 0) || highestVirtualLpi(-1) != null) {
      return true;
    }
    int running = groupOf(runningPriority());
    for (VgicIrq irq = first; irq != null; irq = irq.next) {
      if (irq.register == VgicIrq.NOT_LOADED
          && irq.enabled
          && irq.isPending()
          && !irq.active
          && irq.priority < priorityMask
          && groupOf(irq.priority) < running) {
        return true;
      }
    }
    return false;
  }

  private static int groupOf(int priority) {
    return priority >>> GROUP_SHIFT;
  }

  private int runningPriority() {
    return activePriorities == 0
        ? IDLE
        : Integer.numberOfTrailingZeros(activePriorities) << GROUP_SHIFT;
  }

  /** What the guest reads of a register: on a GICv2 an SGI's number is preceded by its sender's. */
  int acknowledgedId(int register, VgicIrq irq) {
    return hasSources && irq.intid < Vgic.SGIS
        ? registers.physicalId(register) << Vgic.SOURCE_SHIFT | irq.intid
        : irq.intid;
  }

  /** The guest reads {@code ICC_IAR1_EL1}, {@code GICC_IAR}. */
  void acknowledge(int register) {
    activePriorities |= 1 << groupOf(registers.priority(register));
    registers.acknowledge(register);
  }

  /** The same of a vLPI, which has no active state. */
  void acknowledge(VirtualLpi vlpi) {
    activePriorities |= 1 << groupOf(vlpi.lpi.priority);
    vlpi.pending = false;
  }

  /** The guest writes {@code ICC_EOIR1_EL1}, {@code GICC_EOIR}: the highest priority drops. */
  void dropPriority() {
    activePriorities &= activePriorities - 1;
  }

  /** The guest writes {@code ICC_PMR_EL1}, {@code GICC_PMR}. */
  void maskPriorities(int mask) {
    priorityMask = mask;
  }

  /** The interrupt the guest names, if this vCPU has it in a list register. */
  @Nullable VgicIrq loadedIrq(int intid) {
    for (int register = 0; register < registers.count(); register++) {
      VgicIrq irq = registers.irq(register);
      if (irq != null && irq.intid == intid) {
        return irq;
      }
    }
    return null;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.put(lpisEnabled)
        .put(loaded)
        .put(stale)
        .put(overflowing)
        .put(priorityMask)
        .put(activePriorities)
        .put(queued)
        .put(pendingTable.cardinality());
    pendingTable.stream().forEach(sink::put);
    registers.writeTo(sink);
    virtualPe.writeTo(sink);
    for (VgicIrq irq = first; irq != null; irq = irq.next) {
      irq.writeTo(sink);
    }
    for (VgicIrq irq : privateIrqs) {
      irq.writeTo(sink);
    }
  }

  @Override
  public String toString() {
    return "vGIC interface " + index;
  }
}
