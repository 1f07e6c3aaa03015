package org.irqbypass.kvm.arm64;

import java.util.LinkedHashMap;
import java.util.Map;

/** A device that an ITS translates for ({@code struct its_device}). Guarded by the ITS's lock. */
final class ItsDevice {
  final int id;
  final int eventBits;

  /** In the order of their making. */
  final Map<Integer, ItsTranslation> translations = new LinkedHashMap<>();

  ItsDevice(int id, int eventBits) {
    this.id = id;
    this.eventBits = eventBits;
  }

  boolean hasEvent(int event) {
    return Integer.toUnsignedLong(event) < 1L << eventBits;
  }
}
