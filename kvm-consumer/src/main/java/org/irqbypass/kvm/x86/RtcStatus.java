package org.irqbypass.kvm.x86;

import java.util.HashMap;
import java.util.Map;

/**
 * Who has not yet ended the real-time clock's interrupt ({@code struct rtc_status}). Guests that
 * count its ticks need to know of coalesced ones, though its pin is triggered by edge. Guarded by
 * the IOAPIC's lock.
 */
final class RtcStatus {
  /** The pin of the real-time clock. */
  static final int PIN = 8;

  private final Map<X86Vcpu, Integer> vectors = new HashMap<>();

  void delivered(X86Vcpu vcpu, int vector) {
    vectors.put(vcpu, vector);
  }

  /** What a vCPU's local APIC says of the vector, where userspace has written its state. */
  void restore(X86Vcpu vcpu, int vector, boolean pending) {
    if (pending) {
      vectors.putIfAbsent(vcpu, vector);
    } else {
      vectors.remove(vcpu);
    }
  }

  boolean isPending() {
    return !vectors.isEmpty();
  }

  void ended(X86Vcpu vcpu, int vector) {
    if (isPending()) { // an empty map would be asked with a boxed vector
      vectors.remove(vcpu, vector);
    }
  }

  boolean awaits(int vector) {
    return isPending() && vectors.containsValue(vector);
  }

  void clear() {
    vectors.clear();
  }
}
