package org.irqbypass.kvm.x86;

import java.util.function.Predicate;
import org.irqbypass.kvm.Vcpu;
import org.irqbypass.kvm.Vm;
import org.jspecify.annotations.Nullable;

/**
 * Brings interrupts to local APICs ({@code kvm_irq_delivery_to_apic()}): through the map where it
 * says who is meant, else by asking each APIC. Stateless but for its VM; neither blocks nor
 * allocates but where each APIC has to be asked and one be chosen.
 */
final class Delivery {
  /** What {@link #deliverFast} returns where the map cannot say who is meant. */
  static final int NOT_MAPPED = Integer.MIN_VALUE;

  private final X86Vm machine;

  Delivery(X86Vm machine) {
    this.machine = machine;
  }

  /**
   * Delivers to whoever is meant.
   *
   * @param rtc counts who took it; null: nobody asks
   * @return how many took it; -1 if nobody was meant
   */
  int deliver(ApicInterrupt interrupt, @Nullable RtcStatus rtc) {
    int fast = deliverFast(interrupt, rtc);
    return fast != NOT_MAPPED ? fast : deliverSlow(interrupt, rtc, null);
  }

  /**
   * Delivers an inter-processor interrupt ({@code kvm_apic_send_ipi()}).
   *
   * @param source who sends it
   */
  void send(X86Vcpu source, InterruptCommand command) {
    ApicInterrupt interrupt = command.interrupt();
    switch (command.shorthand()) {
      case SELF -> source.accept(interrupt);
      case ALL -> deliverToAll(interrupt, null);
      case OTHERS -> deliverToAll(interrupt, source);
      case NONE -> {
        if (deliverFast(interrupt, null, source) == NOT_MAPPED) {
          deliverSlow(interrupt, null, source);
        }
      }
    }
  }

  private void deliverToAll(ApicInterrupt interrupt, @Nullable X86Vcpu except) {
    Vm vm = machine.vm();
    if (interrupt.choosesOne()) {
      X86Vcpu one = choose(interrupt, vcpu -> vcpu != except);
      if (one != null) {
        one.accept(interrupt);
      }
      return;
    }
    for (int i = 0; i < vm.vcpus().size(); i++) {
      X86Vcpu vcpu = (X86Vcpu) vm.vcpus().get(i);
      if (vcpu != except) {
        vcpu.accept(interrupt);
      }
    }
  }

  /**
   * Delivers in place ({@code kvm_irq_delivery_to_apic_fast()}).
   *
   * @return how many took it, 0 also if nobody was meant; {@link #NOT_MAPPED}
   */
  int deliverFast(ApicInterrupt interrupt, @Nullable RtcStatus rtc) {
    return deliverFast(interrupt, rtc, null);
  }

  private int deliverFast(
      ApicInterrupt interrupt, @Nullable RtcStatus rtc, @Nullable X86Vcpu source) {
    ApicMap map = machine.map();
    int destination = interrupt.destination();
    if (map == null || machine.isBroadcast(map, destination, source)) {
      return NOT_MAPPED;
    }
    if (!interrupt.logical()) {
      X86Vcpu vcpu = map.physical(destination);
      return vcpu == null ? 0 : accept(vcpu, interrupt, rtc);
    }
    if (!isMappedLogical(map)) {
      return NOT_MAPPED;
    }
    int mask = map.logicalMask(destination);
    if (interrupt.choosesOne()) {
      mask = chosen(mask, interrupt.vector());
    }
    int taken = 0;
    for (int slot = 0; slot < map.slots(); slot++) {
      X86Vcpu vcpu = (mask & 1 << slot) == 0 ? null : map.logical(destination, slot);
      if (vcpu != null) {
        taken += accept(vcpu, interrupt, rtc);
      }
    }
    return taken;
  }

  private boolean isMappedLogical(ApicMap map) {
    return switch (map.logicalMode()) {
      case FLAT, CLUSTER, X2APIC -> true;
      case NONE -> !machine.vm().kvm().rules().logicalNeedsLogicalId();
      case MIXED -> false;
    };
  }

  /** Keeps the one bit that the vector hashes to ({@code kvm_vector_to_index()}). */
  private static int chosen(int mask, int vector) {
    if (mask == 0) {
      return 0;
    }
    int rest = mask;
    for (int i = vector % Integer.bitCount(mask); i > 0; i--) {
      rest &= rest - 1;
    }
    return Integer.lowestOneBit(rest);
  }

  private int deliverSlow(
      ApicInterrupt original, @Nullable RtcStatus rtc, @Nullable X86Vcpu source) {
    ApicInterrupt interrupt = original;
    if (!original.logical()
        && original.destination() == ApicMap.BROADCAST
        && original.choosesOne()) {
      interrupt = original.fixed();
    }
    Vm vm = machine.vm();
    boolean fromVcpu = source != null;
    if (interrupt.choosesOne()) {
      ApicInterrupt wanted = interrupt;
      X86Vcpu one = choose(interrupt, vcpu -> isMeant(vcpu, wanted, fromVcpu));
      return one == null ? -1 : accept(one, interrupt, rtc);
    }
    int taken = -1;
    for (int i = 0; i < vm.vcpus().size(); i++) {
      X86Vcpu vcpu = (X86Vcpu) vm.vcpus().get(i);
      if (isMeant(vcpu, interrupt, fromVcpu)) {
        taken = Math.max(taken, 0) + accept(vcpu, interrupt, rtc);
      }
    }
    return taken;
  }

  /** Of those who are meant and enabled, the one that the vector hashes to. */
  private @Nullable X86Vcpu choose(ApicInterrupt interrupt, Predicate<X86Vcpu> meant) {
    Vm vm = machine.vm();
    int candidates = 0;
    for (int i = 0; i < vm.vcpus().size(); i++) {
      candidates += isCandidate(vm.vcpus().get(i), meant) ? 1 : 0;
    }
    int left = candidates == 0 ? 0 : interrupt.vector() % candidates;
    for (int i = 0; i < vm.vcpus().size(); i++) {
      Vcpu vcpu = vm.vcpus().get(i);
      if (isCandidate(vcpu, meant) && left-- == 0) {
        return (X86Vcpu) vcpu;
      }
    }
    return null;
  }

  private static boolean isCandidate(Vcpu vcpu, Predicate<X86Vcpu> meant) {
    X86Vcpu candidate = (X86Vcpu) vcpu;
    LocalApic apic = candidate.localApicOrNull();
    return apic != null && apic.isEnabled() && meant.test(candidate);
  }

  private static boolean isMeant(X86Vcpu vcpu, ApicInterrupt interrupt, boolean fromVcpu) {
    LocalApic apic = vcpu.localApicOrNull();
    return apic != null && apic.matches(interrupt.destination(), interrupt.logical(), fromVcpu);
  }

  /**
   * The only vCPU that an interrupt can reach ({@code kvm_intr_is_single_vcpu()}). Where the map
   * has not one, each is asked: of several that a logical destination means, one may be there.
   *
   * @return null if it can reach several, or none
   */
  @Nullable X86Vcpu singleTarget(ApicInterrupt interrupt) {
    X86Vcpu mapped = mappedTarget(interrupt);
    return mapped != null ? mapped : onlyOneMeant(interrupt);
  }

  private @Nullable X86Vcpu mappedTarget(ApicInterrupt interrupt) {
    ApicMap map = machine.map();
    int destination = interrupt.destination();
    if (map == null || machine.isBroadcast(map, destination, null)) {
      return null;
    }
    if (!interrupt.logical()) {
      return map.physical(destination);
    }
    if (!isMappedLogical(map)) {
      return null;
    }
    int mask = map.logicalMask(destination);
    if (interrupt.choosesOne()) {
      mask = chosen(mask, interrupt.vector());
    }
    return Integer.bitCount(mask) == 1
        ? map.logical(destination, Integer.numberOfTrailingZeros(mask))
        : null;
  }

  private @Nullable X86Vcpu onlyOneMeant(ApicInterrupt interrupt) {
    X86Vcpu only = null;
    for (Vcpu vcpu : machine.vm().vcpus()) {
      X86Vcpu candidate = (X86Vcpu) vcpu;
      if (isMeant(candidate, interrupt, false)) {
        if (only != null) {
          return null;
        }
        only = candidate;
      }
    }
    return only;
  }

  private static int accept(X86Vcpu vcpu, ApicInterrupt interrupt, @Nullable RtcStatus rtc) {
    int taken = vcpu.accept(interrupt);
    if (taken != 0 && rtc != null) {
      rtc.delivered(vcpu, interrupt.vector());
    }
    return taken;
  }
}
