package org.irqbypass.kvm.arm64;

import org.jspecify.annotations.Nullable;

/** The translation of one event ({@code struct its_ite}). Guarded by the ITS's lock. */
final class ItsTranslation {
  final int event;
  final VgicIrq lpi;

  /** Null once its collection was taken away. */
  @Nullable ItsCollection collection;

  ItsTranslation(int event, VgicIrq lpi, ItsCollection collection) {
    this.event = event;
    this.lpi = lpi;
    this.collection = collection;
  }

  /** Where its LPI goes; null if nowhere. */
  @Nullable VgicCpu target() {
    return collection == null ? null : collection.target;
  }
}
