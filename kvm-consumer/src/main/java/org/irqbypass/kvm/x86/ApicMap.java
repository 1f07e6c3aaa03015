package org.irqbypass.kvm.x86;

import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Which local APIC a destination means ({@code struct kvm_apic_map}). Immutable; made anew whenever
 * an APIC's address changes, so that a message finds its target by an index.
 */
final class ApicMap {
  /** {@code APIC_BROADCAST}: every local APIC. */
  static final int BROADCAST = 0xff;

  /** {@code X2APIC_BROADCAST}. */
  static final int WIDE_BROADCAST = -1;

  private static final int CLUSTERS = 16;
  private static final int FLAT_SLOTS = 8;
  private static final int CLUSTER_SLOTS = 4;
  private static final int X2APIC_SLOTS = 16;
  private static final int HIGHEST_XAPIC_ID = 0xff;

  /** How the APICs form their logical IDs. */
  enum LogicalMode {
    /** None has a logical ID. */
    NONE,
    FLAT,
    CLUSTER,
    /** From their physical IDs: a cluster is 16 of them. */
    X2APIC,
    /** Different ones do it differently, or two share an ID: each has to be asked. */
    MIXED
  }

  private final @Nullable X86Vcpu[] byId;
  private final LogicalMode logicalMode;

  /** Flat: 8 slots. Cluster: 4 slots for each of 16 clusters. */
  private final @Nullable X86Vcpu[] byLogicalId = new X86Vcpu[CLUSTERS * CLUSTER_SLOTS];

  ApicMap(List<X86Vcpu> vcpus) {
    int ids = 0;
    for (X86Vcpu vcpu : vcpus) {
      ids = Math.max(ids, Math.max(vcpu.id(), vcpu.localApic().id()) + 1);
    }
    byId = new X86Vcpu[ids];
    LogicalMode mode = LogicalMode.NONE;
    for (X86Vcpu vcpu : vcpus) {
      LocalApic apic = vcpu.localApic();
      addPhysical(vcpu, apic);
      mode = addLogical(vcpu, apic, mode);
    }
    logicalMode = mode;
  }

  /** A vCPU with a number that no xAPIC can have is found by it in either mode. */
  private void addPhysical(X86Vcpu vcpu, LocalApic apic) {
    if (apic.isX2apic() || vcpu.id() > HIGHEST_XAPIC_ID) {
      byId[vcpu.id()] = vcpu;
    }
    if (!apic.isX2apic() && byId[apic.id()] == null) {
      byId[apic.id()] = vcpu;
    }
  }

  private LogicalMode addLogical(X86Vcpu vcpu, LocalApic apic, LogicalMode mode) {
    int logicalId = apic.logicalId();
    if (!apic.isEnabled() || logicalId == 0 || mode == LogicalMode.MIXED) {
      return mode;
    }
    LogicalMode mine = modeOf(apic);
    if (mode != LogicalMode.NONE && mode != mine) {
      return LogicalMode.MIXED;
    }
    if (mine == LogicalMode.X2APIC) {
      return mine; // found by the physical ID that the logical one is made of
    }
    int mask = mask(mine, logicalId);
    if (mask == 0) {
      return mine;
    }
    int slot = firstSlot(mine, logicalId) + Integer.numberOfTrailingZeros(mask);
    if (Integer.bitCount(mask) != 1 || byLogicalId[slot] != null) {
      return LogicalMode.MIXED;
    }
    byLogicalId[slot] = vcpu;
    return mine;
  }

  private static LogicalMode modeOf(LocalApic apic) {
    if (apic.isX2apic()) {
      return LogicalMode.X2APIC;
    }
    return apic.destinationFormat() == LocalApic.FLAT ? LogicalMode.FLAT : LogicalMode.CLUSTER;
  }

  private static int mask(LogicalMode mode, int logicalId) {
    return switch (mode) {
      case FLAT -> logicalId & 0xff;
      case X2APIC -> logicalId & 0xffff;
      default -> logicalId & 0xf;
    };
  }

  private static int firstSlot(LogicalMode mode, int logicalId) {
    return mode == LogicalMode.FLAT ? 0 : (logicalId >>> 4 & 0xf) * CLUSTER_SLOTS;
  }

  LogicalMode logicalMode() {
    return logicalMode;
  }

  /** The APIC with a physical ID; null if there is none. */
  @Nullable X86Vcpu physical(int id) {
    return Integer.compareUnsigned(id, byId.length) < 0 ? byId[id] : null;
  }

  /** Which slots of {@link #logical} a logical destination means. */
  int logicalMask(int destination) {
    return mask(logicalMode, destination);
  }

  /** The APIC in a slot of a logical destination; null if there is none. */
  @Nullable X86Vcpu logical(int destination, int slot) {
    return logicalMode == LogicalMode.X2APIC
        ? physical((destination >>> 16) * X2APIC_SLOTS + slot)
        : byLogicalId[firstSlot(logicalMode, destination) + slot];
  }

  /** How many slots a logical destination has. */
  int slots() {
    return switch (logicalMode) {
      case FLAT -> FLAT_SLOTS;
      case X2APIC -> X2APIC_SLOTS;
      default -> CLUSTER_SLOTS;
    };
  }
}
