package org.irqbypass.comparison.explore;

import com.google.common.hash.HashCode;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.nio.ByteBuffer;
import java.util.ArrayDeque;
import java.util.Collection;
import java.util.Deque;
import java.util.IdentityHashMap;
import java.util.Map;
import java.util.Set;
import java.util.function.Consumer;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.jspecify.annotations.Nullable;

/**
 * The state of a run in 128 bits: two runs with the same fingerprint go on in the same way, but for
 * one chance in 2^64 or so. What has an identity is numbered in the order in which it is met, and
 * its state follows; what has none (records, names, numbers, collections) is taken by its value.
 *
 * <p>The mixing is two lanes of multiply and shift (the finalizer of SplitMix64), because a
 * library's hasher, which takes bytes through a buffer, took four fifths of an exploration's time.
 */
public final class StateFingerprint implements FingerprintSink {
  /** How a reference is taken. */
  private enum Kind {
    NAME,
    CONSTANT,
    NUMBER,
    FLAG,
    VALUE,
    MAP,
    SET,
    LIST,
    IDENTITY
  }

  /** Found once for each class: to ask an object for many interfaces is slow. */
  private static final ClassValue<Kind> KINDS =
      new ClassValue<>() {
        @Override
        protected Kind computeValue(Class<?> type) {
          if (type == String.class) {
            return Kind.NAME;
          } else if (Enum.class.isAssignableFrom(type)) {
            return Kind.CONSTANT;
          } else if (type == Integer.class || type == Long.class) {
            return Kind.NUMBER;
          } else if (type == Boolean.class) {
            return Kind.FLAG;
          } else if (type.isRecord()) {
            return Kind.VALUE;
          } else if (Map.class.isAssignableFrom(type)) {
            return Kind.MAP;
          } else if (Set.class.isAssignableFrom(type)) {
            return Kind.SET;
          }
          return Collection.class.isAssignableFrom(type) ? Kind.LIST : Kind.IDENTITY;
        }
      };

  /** The accessors of records, found once for each class. */
  private static final ClassValue<Method[]> COMPONENTS =
      new ClassValue<>() {
        @Override
        protected Method[] computeValue(Class<?> type) {
          RecordComponent[] components = type.getRecordComponents();
          Method[] accessors = new Method[components.length];
          for (int i = 0; i < components.length; i++) {
            accessors[i] = components[i].getAccessor();
            accessors[i].setAccessible(true);
          }
          return accessors;
        }
      };

  private static final long GOLDEN = 0x9e3779b97f4a7c15L;

  private final IdentityHashMap<Object, Integer> met = new IdentityHashMap<>();
  private final Deque<Fingerprinted> unread = new ArrayDeque<>();
  private long high = GOLDEN;
  private long low = ~GOLDEN;

  private StateFingerprint() {}

  /**
   * Takes the state of everything that can be reached.
   *
   * @param root from where
   * @return 128 bits
   */
  public static HashCode of(Fingerprinted root) {
    StateKey key = keyOf(root);
    byte[] bytes = ByteBuffer.allocate(16).putLong(key.high()).putLong(key.low()).array();
    return HashCode.fromBytes(bytes);
  }

  /** The same as the key of a state. */
  static StateKey keyOf(Fingerprinted root) {
    StateFingerprint sink = new StateFingerprint();
    root.writeTo(sink);
    for (Fingerprinted next = sink.unread.poll(); next != null; next = sink.unread.poll()) {
      next.writeTo(sink);
    }
    return new StateKey(sink.high, sink.low);
  }

  @Override
  @CanIgnoreReturnValue
  public StateFingerprint put(long value) {
    high = StateKey.mix(high + GOLDEN ^ value);
    low = Long.rotateLeft(low, 23) * GOLDEN + StateKey.mix(value + high);
    return this;
  }

  @Override
  @CanIgnoreReturnValue
  public StateFingerprint putReference(@Nullable Object reference) {
    if (reference == null) {
      return put(-1);
    }
    switch (KINDS.get(reference.getClass())) {
      case NAME -> putName((String) reference);
      case CONSTANT -> putName(((Enum<?>) reference).name());
      case NUMBER -> put(((Number) reference).longValue());
      case FLAG -> put(((Boolean) reference) ? 1 : 0);
      case VALUE -> putComponents((Record) reference);
      case MAP -> putMap((Map<?, ?>) reference);
      case SET -> putUnordered((Set<?>) reference, this::putReference);
      case LIST -> {
        put(((Collection<?>) reference).size());
        ((Collection<?>) reference).forEach(this::putReference);
      }
      case IDENTITY -> putIdentity(reference);
    }
    return this;
  }

  /** Four characters at a time. */
  private void putName(String name) {
    long word = name.length();
    for (int i = 0; i < name.length(); i++) {
      word = word << 16 | name.charAt(i);
      if ((i & 3) == 3) {
        put(word);
        word = 0;
      }
    }
    put(word);
  }

  private void putIdentity(Object reference) {
    Integer number = met.get(reference);
    if (number == null) {
      number = met.size();
      met.put(reference, number);
      if (reference instanceof Fingerprinted stateful) {
        unread.add(stateful);
      }
    }
    put(GOLDEN + number);
  }

  private void putComponents(Record value) {
    try {
      for (Method accessor : COMPONENTS.get(value.getClass())) {
        putReference(accessor.invoke(value));
      }
    } catch (ReflectiveOperationException impossible) {
      throw new LinkageError("a record does not tell its components: " + value, impossible);
    }
  }

  /** The order says nothing: elements are hashed each on its own, and added up. */
  private <T> void putUnordered(Collection<T> elements, Consumer<T> putting) {
    long outerHigh = high;
    long outerLow = low;
    long sumHigh = 0;
    long sumLow = 0;
    for (T element : elements) {
      high = GOLDEN;
      low = ~GOLDEN;
      putting.accept(element);
      sumHigh += high;
      sumLow += low;
    }
    high = outerHigh;
    low = outerLow;
    put(elements.size()).put(sumHigh).put(sumLow);
  }

  private <K, V> void putMap(Map<K, V> map) {
    putUnordered(
        map.entrySet(), entry -> putReference(entry.getKey()).putReference(entry.getValue()));
  }
}
