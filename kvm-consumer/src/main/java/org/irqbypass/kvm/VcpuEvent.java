package org.irqbypass.kvm;

import org.irqbypass.trace.TraceEvent;

/** What a vCPU tells its host's listener. */
public sealed interface VcpuEvent extends TraceEvent {
  /** Why a vCPU left guest mode. */
  enum Reason {
    /** Another thread had an interrupt for it ({@code kvm_vcpu_kick()}). */
    KICK,
    /** The guest's end of interrupt had to be emulated. */
    EOI_TRAP,
    /** A list register was emptied, or ran out. */
    MAINTENANCE
  }

  /**
   * The vCPU left guest mode because of an interrupt. Not told while it is out of guest mode.
   *
   * @param vcpu which
   * @param reason why
   */
  record Exit(Vcpu vcpu, Reason reason) implements VcpuEvent {}

  /**
   * The guest took an interrupt.
   *
   * @param vcpu which
   * @param vector x86: the vector; Arm: the INTID
   */
  record Take(Vcpu vcpu, int vector) implements VcpuEvent {}

  /**
   * The guest ended an interrupt.
   *
   * @param vcpu which
   * @param vector x86: the vector; Arm: the INTID
   */
  record End(Vcpu vcpu, int vector) implements VcpuEvent {}

  /**
   * The thread that runs a vCPU was scheduled in ({@code kvm_arch_vcpu_load()}).
   *
   * @param vcpu which
   * @param physicalCpu where
   */
  record Load(Vcpu vcpu, int physicalCpu) implements VcpuEvent {}

  /**
   * The thread that runs a vCPU was scheduled out ({@code kvm_arch_vcpu_put()}).
   *
   * @param vcpu which
   * @param blocked whether because the guest waits for an interrupt
   */
  record Put(Vcpu vcpu, boolean blocked) implements VcpuEvent {}

  /**
   * A vCPU that blocked has something to run for ({@code kvm_vcpu_wake_up()}).
   *
   * @param vcpu which
   */
  record WakeUp(Vcpu vcpu) implements VcpuEvent {}

  /**
   * Hardware posted an interrupt to a vCPU.
   *
   * @param vcpu which
   * @param vector x86: the vector; Arm: the INTID of the vLPI
   * @param notified whether a notification was sent; none is while one is outstanding
   */
  record Posted(Vcpu vcpu, int vector, boolean notified) implements VcpuEvent {}
}
