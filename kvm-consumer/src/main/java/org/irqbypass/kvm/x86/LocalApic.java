package org.irqbypass.kvm.x86;

import com.google.common.base.Preconditions;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;

/**
 * A vCPU's local APIC, in xAPIC or x2APIC mode ({@code arch/x86/kvm/lapic.c}): the registers that
 * decide which interrupt the guest takes, and by which address messages find it. Its timer and its
 * local interrupt pins are not modelled.
 *
 * <p>Making a vector pending is safe from any number of threads and takes no lock. Taking and
 * ending are the guest's, one thread at a time. A change of an address is visible to messages once
 * the setter returns.
 */
public final class LocalApic implements Fingerprinted {
  /** The spurious-interrupt vector register's bit that enables the APIC by software. */
  public static final int SOFTWARE_ENABLED = 1 << 8;

  /** {@code APIC_DFR_FLAT}: logical IDs are 8 bits, one for each of 8 APICs. */
  public static final int FLAT = 0xffffffff;

  /** {@code APIC_DFR_CLUSTER}: logical IDs are a cluster and 4 bits. */
  public static final int CLUSTER = 0x0fffffff;

  private static final int RESET_SPURIOUS_VECTOR = 0xff;
  private static final int DIRECTED_EOI = 1 << 12;

  private static final int X2APIC_CLUSTER = 16;

  private final X86Vm machine;
  private final int number;
  private final PostedInterruptDescriptor posted;
  private final Vectors irr = new Vectors();
  private final Vectors isr = new Vectors();
  private final Vectors tmr = new Vectors();

  private volatile boolean x2apic;
  private volatile int id;
  private volatile int spuriousVector = RESET_SPURIOUS_VECTOR;
  private volatile int taskPriority;
  private volatile int logicalDestination;
  private volatile int destinationFormat = FLAT;

  LocalApic(X86Vm machine, int number, PostedInterruptDescriptor posted) {
    this.machine = machine;
    this.number = number;
    this.id = number & 0xff;
    this.posted = posted;
  }

  /**
   * Makes a vector pending ({@code apic_set_irr}, with its trigger mode remembered). One that is
   * pending is not written again, which publishes nothing: who writes data for it fences first.
   */
  void request(int vector, boolean level) {
    if (tmr.has(vector) != level) {
      tmr.put(vector, level);
    }
    irr.set(vector);
  }

  void syncPosted() {
    posted.sync(irr);
  }

  /** The vector that {@link #take()} would move; -1 if there is none. */
  int deliverable() {
    int vector = irr.highest();
    return vector >= 0 && (vector & 0xf0) > (processorPriority() & 0xf0) ? vector : -1;
  }

  /**
   * The processor priority (PPR, {@code __apic_update_ppr()}): the task priority, or the class of
   * what is in service where that is higher. Vectors of its class and below wait.
   *
   * @return 0 to 255
   */
  public int processorPriority() {
    int inService = Math.max(isr.highest(), 0) & 0xf0;
    int task = taskPriority;
    return (task & 0xf0) >= inService ? task : inService;
  }

  /** Moves the next vector into service ({@code kvm_apic_ack_interrupt()}); -1 if there is none. */
  int take() {
    int vector = deliverable();
    return vector < 0 ? -1 : moveToService(vector);
  }

  private int moveToService(int vector) {
    isr.set(vector);
    irr.clear(vector);
    return vector;
  }

  /**
   * Moves the highest pending vector into service whatever the priorities say, as userspace can;
   * see {@link #stateWritten()}.
   *
   * @return the vector; -1 if none is pending
   */
  public int forceIntoService() {
    syncPosted();
    int vector = irr.highest();
    if (vector < 0) {
      return -1;
    }
    moveToService(vector);
    stateWritten();
    return vector;
  }

  /** Ends the highest vector in service ({@code apic_set_eoi()}); -1 if there is none. */
  int end() {
    int vector = isr.highest();
    if (vector >= 0) {
      isr.clear(vector);
    }
    return vector;
  }

  boolean isLevel(int vector) {
    return tmr.has(vector);
  }

  /** Whether the guest ends interrupts at the IOAPIC itself ({@code APIC_SPIV_DIRECTED_EOI}). */
  boolean hasDirectedEoi() {
    return (spuriousVector & DIRECTED_EOI) != 0;
  }

  /**
   * What waits to be taken, what hardware has posted included (IRR).
   *
   * @return vectors, ascending
   */
  public ImmutableList<Integer> irr() {
    return ImmutableSortedSet.<Integer>naturalOrder()
        .addAll(irr.list())
        .addAll(posted.requests().list())
        .build()
        .asList();
  }

  /**
   * What the guest has taken and not ended (ISR).
   *
   * @return vectors, ascending
   */
  public ImmutableList<Integer> isr() {
    return isr.list();
  }

  /**
   * Which vectors came last by level (TMR).
   *
   * @return vectors, ascending
   */
  public ImmutableList<Integer> tmr() {
    return tmr.list();
  }

  /**
   * Forgets all vectors: nothing is pending, in service, or by level, as userspace can have it; see
   * {@link #stateWritten()}.
   */
  public void clear() {
    posted.clear();
    irr.clearAll();
    isr.clearAll();
    tmr.clearAll();
    stateWritten();
  }

  /**
   * Userspace has written this APIC's registers ({@code KVM_SET_LAPIC}, {@code
   * kvm_apic_set_state()}): messages find every APIC of the VM by its address from now on, and the
   * IOAPIC learns anew whether the real-time clock's interrupt is still to be ended here.
   */
  public void stateWritten() {
    machine.recalculateMap();
    IoApic ioApic = machine.ioApicOrNull();
    if (ioApic != null) {
      ioApic.restoreClock(posted.vcpu());
    }
  }

  /** Whether a vector is pending or in service ({@code kvm_apic_pending_eoi()}). */
  boolean awaitsEnd(int vector) {
    return irr.has(vector) || isr.has(vector);
  }

  /**
   * The guest switches to x2APIC mode ({@code X2APIC_ENABLE} in {@code MSR_IA32_APICBASE}): IDs
   * have 32 bits and are the hardware's. There is no way back but a reset.
   */
  public void enableX2apic() {
    x2apic = true;
    machine.recalculateMap();
  }

  /**
   * Whether the APIC is in x2APIC mode ({@code apic_x2apic_mode()}).
   *
   * @return false after reset
   */
  public boolean isX2apic() {
    return x2apic;
  }

  /**
   * The physical APIC ID.
   *
   * @return in x2APIC mode the vCPU's number; else its low 8 bits unless set
   */
  public int id() {
    return x2apic ? number : id;
  }

  /**
   * Sets the physical APIC ID. Not in x2APIC mode, where it cannot be written.
   *
   * @param newId 0 to 255
   */
  public void setId(int newId) {
    refuseInX2apicMode();
    Preconditions.checkArgument((newId & ~0xff) == 0, "an xAPIC's ID is 8 bits, not %s", newId);
    id = newId;
    machine.recalculateMap();
  }

  /**
   * The spurious-interrupt vector register (SVR).
   *
   * @return 0xff after reset
   */
  public int spuriousVector() {
    return spuriousVector;
  }

  /**
   * Sets the spurious-interrupt vector register.
   *
   * @param newValue with {@link #SOFTWARE_ENABLED} to take interrupts at all
   */
  public void setSpuriousVector(int newValue) {
    spuriousVector = newValue;
    machine.recalculateMap();
  }

  /**
   * Whether software has enabled the APIC.
   *
   * @return false where vectors are refused
   */
  public boolean isEnabled() {
    return (spuriousVector & SOFTWARE_ENABLED) != 0;
  }

  /**
   * The task priority (TPR).
   *
   * @return 0 to 255
   */
  public int taskPriority() {
    return taskPriority;
  }

  /**
   * Sets the task priority: vectors of its class and below wait.
   *
   * @param newPriority 0 to 255
   */
  public void setTaskPriority(int newPriority) {
    taskPriority = newPriority & 0xff;
  }

  private void refuseInX2apicMode() {
    Preconditions.checkState(!x2apic, "IDs are read-only in x2APIC mode");
  }

  /**
   * The logical ID (LDR). In x2APIC mode it is made of the physical one ({@code
   * kvm_apic_calc_x2apic_ldr()}): a cluster of 16 in the high half, one bit in the low half.
   *
   * @return bits 24 to 31 of the register, or 32 bits in x2APIC mode; 0 after reset: no logical
   *     destination matches
   */
  public int logicalId() {
    return x2apic
        ? ((number / X2APIC_CLUSTER) << 16) | (1 << (number % X2APIC_CLUSTER))
        : logicalDestination;
  }

  /**
   * The destination format (DFR), which x2APIC mode does not have.
   *
   * @return {@link #FLAT} or {@link #CLUSTER}
   */
  public int destinationFormat() {
    return destinationFormat;
  }

  /**
   * Sets how logical destinations find this APIC. Not in x2APIC mode, where it cannot be written.
   *
   * @param newLogicalId 0 to 255
   * @param newFormat {@link #FLAT} or {@link #CLUSTER}
   */
  public void setLogicalId(int newLogicalId, int newFormat) {
    refuseInX2apicMode();
    logicalDestination = newLogicalId & 0xff;
    destinationFormat = newFormat;
    machine.recalculateMap();
  }

  /**
   * Whether a destination means this APIC, among others ({@code kvm_apic_match_dest()}).
   *
   * @param fromVcpu false for what a device sends
   */
  boolean matches(int destination, boolean logical, boolean fromVcpu) {
    boolean wide = x2apic;
    boolean quirk = wide && !fromVcpu && machine.hasBroadcastQuirk();
    if (destination == (wide && !quirk ? ApicMap.WIDE_BROADCAST : ApicMap.BROADCAST)) {
      return true;
    }
    if (quirk && destination == ApicMap.WIDE_BROADCAST) {
      return true;
    }
    if (!logical) {
      return destination == (wide || (destination & ~0xff) != 0 ? number : id);
    }
    int mine = logicalId();
    if (wide) {
      return mine >>> 16 == destination >>> 16 && (mine & destination & 0xffff) != 0;
    }
    if (destinationFormat == FLAT) {
      return (mine & destination) != 0;
    }
    return destinationFormat == CLUSTER
        && mine >>> 4 == destination >>> 4
        && (mine & destination & 0xf) != 0;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    irr.writeTo(sink);
    isr.writeTo(sink);
    tmr.writeTo(sink);
    posted.writeTo(sink);
    sink.put(id)
        .put(x2apic)
        .put(spuriousVector)
        .put(taskPriority)
        .put(logicalDestination)
        .put(destinationFormat);
  }
}
