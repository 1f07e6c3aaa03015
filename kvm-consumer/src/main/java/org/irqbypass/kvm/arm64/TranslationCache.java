package org.irqbypass.kvm.arm64;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.jspecify.annotations.Nullable;

/**
 * The translations an ITS has made lately ({@code struct vgic_translation_cache_entry}), so that a
 * message can be injected where nothing may block.
 *
 * <p><b>Algorithm.</b> An open hash table that is only added to. Readers take no lock: an entry is
 * published by a release write of its slot, with which the acquire read in {@link #find} pairs, and
 * never changes. When translations may have become wrong, the whole table is replaced by an empty
 * one; a reader may still use what it found in the old one, as if its message had come earlier.
 *
 * <p>Adding and clearing are guarded by the ITS's lock.
 */
final class TranslationCache {
  private static final int INITIAL_SLOTS = 16;
  private static final VarHandle SLOT = MethodHandles.arrayElementVarHandle(Entry[].class);

  private record Entry(int devid, int event, VgicIrq lpi) {}

  private volatile @Nullable Entry[] slots = new Entry[INITIAL_SLOTS];
  private int size;

  /** What an event was last translated to; null if that is not known. Allocates nothing. */
  @Nullable VgicIrq find(int devid, int event) {
    @Nullable Entry[] table = slots;
    int slot = hash(devid, event) & (table.length - 1);
    while (true) {
      Entry entry = (Entry) SLOT.getAcquire(table, slot);
      if (entry == null) {
        return null;
      }
      if (entry.devid == devid && entry.event == event) {
        return entry.lpi;
      }
      slot = (slot + 1) & (table.length - 1);
    }
  }

  void add(int devid, int event, VgicIrq lpi) {
    if (find(devid, event) != null) {
      return;
    }
    @Nullable Entry[] table = slots;
    if (2 * size >= table.length) {
      @Nullable Entry[] larger = new Entry[2 * table.length];
      for (Entry entry : table) {
        if (entry != null) {
          put(larger, entry);
        }
      }
      slots = larger;
      table = larger;
    }
    put(table, new Entry(devid, event, lpi));
    size++;
  }

  void clear() {
    if (size != 0) {
      slots = new Entry[INITIAL_SLOTS];
      size = 0;
    }
  }

  private static void put(@Nullable Entry[] table, Entry entry) {
    int slot = hash(entry.devid, entry.event) & (table.length - 1);
    while (table[slot] != null) {
      slot = (slot + 1) & (table.length - 1);
    }
    SLOT.setRelease(table, slot, entry);
  }

  /** Spreads neighbours, which events and devices are. */
  private static int hash(int devid, int event) {
    int mixed = (devid * 31 + event) * 0x9e3779b9;
    return mixed ^ (mixed >>> 16);
  }
}
