package org.irqbypass.kvm.arm64;

import org.jspecify.annotations.Nullable;

/** A collection of an ITS ({@code struct its_collection}). Guarded by the ITS's lock. */
final class ItsCollection {
  final int id;

  /** Where it goes; null while it is not mapped. */
  @Nullable VgicCpu target;

  ItsCollection(int id) {
    this.id = id;
  }
}
