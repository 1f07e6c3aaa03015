package org.irqbypass.kvm.x86;

import com.google.common.collect.ImmutableList;
import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.irqbypass.trace.FingerprintSink;

/**
 * A set of the 256 vectors: a register such as the IRR, or a posted-interrupt request bitmap. Four
 * words, each changed by atomic OR and AND, so any number of threads may set bits while another
 * takes them. Nothing here allocates but {@link #list()}.
 */
final class Vectors {
  private static final int WORDS = 4;
  private static final VarHandle WORD = MethodHandles.arrayElementVarHandle(long[].class);

  private final long[] words = new long[WORDS];

  /** Sets a bit; false if it was set, and then without a write, so that the line stays shared. */
  boolean set(int vector) {
    long bit = 1L << vector;
    int word = vector >>> 6;
    return ((long) WORD.getVolatile(words, word) & bit) == 0
        && ((long) WORD.getAndBitwiseOr(words, word, bit) & bit) == 0;
  }

  /** Clears a bit; false if it was clear. */
  boolean clear(int vector) {
    long bit = 1L << vector;
    int word = vector >>> 6;
    return ((long) WORD.getVolatile(words, word) & bit) != 0
        && ((long) WORD.getAndBitwiseAnd(words, word, ~bit) & bit) != 0;
  }

  void put(int vector, boolean value) {
    if (value) {
      set(vector);
    } else {
      clear(vector);
    }
  }

  boolean has(int vector) {
    return ((long) WORD.getVolatile(words, vector >>> 6) & 1L << vector) != 0;
  }

  /** The highest vector that is set; -1 if none is. */
  int highest() {
    for (int word = WORDS - 1; word >= 0; word--) {
      long bits = (long) WORD.getVolatile(words, word);
      if (bits != 0) {
        return (word << 6) + 63 - Long.numberOfLeadingZeros(bits);
      }
    }
    return -1;
  }

  boolean isEmpty() {
    return highest() < 0;
  }

  /** Moves everything into another set, a word at a time. */
  void drainTo(Vectors target) {
    for (int word = 0; word < WORDS; word++) {
      if ((long) WORD.getVolatile(words, word) != 0) {
        long taken = (long) WORD.getAndSet(words, word, 0L);
        WORD.getAndBitwiseOr(target.words, word, taken);
      }
    }
  }

  void clearAll() {
    for (int word = 0; word < WORDS; word++) {
      WORD.setVolatile(words, word, 0L);
    }
  }

  ImmutableList<Integer> list() {
    ImmutableList.Builder<Integer> list = ImmutableList.builder();
    for (int vector = 0; vector < WORDS << 6; vector++) {
      if (has(vector)) {
        list.add(vector);
      }
    }
    return list.build();
  }

  void writeTo(FingerprintSink sink) {
    for (int word = 0; word < WORDS; word++) {
      sink.put((long) WORD.getVolatile(words, word));
    }
  }
}
