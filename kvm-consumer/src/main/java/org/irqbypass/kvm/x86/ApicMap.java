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

  /** How the APICs form their logical IDs. */
  enum LogicalMode {
    /** None has a logical ID. */
    NONE,
    FLAT,
    CLUSTER,
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
      ids = Math.max(ids, vcpu.localApic().id() + 1);
    }
    byId = new X86Vcpu[ids];
    LogicalMode mode = LogicalMode.NONE;
    for (X86Vcpu vcpu : vcpus) {
      LocalApic apic = vcpu.localApic();
      if (byId[apic.id()] == null) {
        byId[apic.id()] = vcpu;
      }
      mode = addLogical(vcpu, apic, mode);
    }
    logicalMode = mode;
  }

  private LogicalMode addLogical(X86Vcpu vcpu, LocalApic apic, LogicalMode mode) {
    int logicalId = apic.logicalId();
    if (!apic.isEnabled() || logicalId == 0 || mode == LogicalMode.MIXED) {
      return mode;
    }
    LogicalMode mine =
        apic.destinationFormat() == LocalApic.FLAT ? LogicalMode.FLAT : LogicalMode.CLUSTER;
    if (mode != LogicalMode.NONE && mode != mine) {
      return LogicalMode.MIXED;
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

  private static int mask(LogicalMode mode, int logicalId) {
    return mode == LogicalMode.FLAT ? logicalId & 0xff : logicalId & 0xf;
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
    return byLogicalId[firstSlot(logicalMode, destination) + slot];
  }

  /** How many slots a logical destination has. */
  int slots() {
    return logicalMode == LogicalMode.FLAT ? FLAT_SLOTS : CLUSTER_SLOTS;
  }
}
