package org.irqbypass.kvm.x86;

import com.google.common.base.Preconditions;
import java.util.Arrays;
import org.irqbypass.kvm.Vcpu;

/**
 * The wake-up lists of a host's physical CPUs. Grows when a physical CPU is first used; finding a
 * list neither locks nor allocates.
 */
final class WakeupLists {
  /** Replaced as a whole; the lists in it stay the same ones. */
  private volatile WakeupList[] lists = {new WakeupList()};

  /** The list of a physical CPU that a vCPU was loaded on before. */
  WakeupList of(int physicalCpu) {
    WakeupList[] current = lists;
    return physicalCpu < current.length ? current[physicalCpu] : grow(physicalCpu);
  }

  private synchronized WakeupList grow(int physicalCpu) {
    Preconditions.checkElementIndex(physicalCpu, Vcpu.MAX_PHYSICAL_CPUS);
    WakeupList[] current = lists;
    if (physicalCpu >= current.length) {
      WakeupList[] grown = Arrays.copyOf(current, Math.max(physicalCpu + 1, 2 * current.length));
      for (int cpu = current.length; cpu < grown.length; cpu++) {
        grown[cpu] = new WakeupList();
      }
      lists = grown;
      return grown[physicalCpu];
    }
    return current[physicalCpu];
  }
}
