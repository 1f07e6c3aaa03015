package org.irqbypass.kvm.arm64;

import java.util.Map;
import java.util.TreeMap;

/** A device that an ITS translates for ({@code struct its_device}). Guarded by the ITS's lock. */
final class ItsDevice {
  final int id;
  final int eventBits;
  final Map<Integer, ItsTranslation> translations = new TreeMap<>();

  ItsDevice(int id, int eventBits) {
    this.id = id;
    this.eventBits = eventBits;
  }

  boolean hasEvent(int event) {
    return Integer.toUnsignedLong(event) < 1L << eventBits;
  }
}
