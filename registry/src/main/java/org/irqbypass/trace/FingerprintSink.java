package org.irqbypass.trace;

import org.jspecify.annotations.Nullable;

/**
 * Takes the state of objects, so that an explorer recognizes a state it has seen without knowing
 * the objects. Values are taken in order; an object is written as its identity within the sink, so
 * that two hosts in the same state give the same fingerprint.
 */
public interface FingerprintSink {
  /**
   * Takes a number.
   *
   * @param value any value
   * @return this sink
   */
  FingerprintSink put(long value);

  /**
   * Takes a reference, as the canonical identity the sink gives to the object; a sink may look into
   * what has no identity (records, enums, names, collections of those) and take its value.
   *
   * @param reference the object, or null
   * @return this sink
   */
  FingerprintSink putReference(@Nullable Object reference);

  /**
   * Takes a truth value.
   *
   * @param value any value
   * @return this sink
   */
  default FingerprintSink put(boolean value) {
    return put(value ? 1 : 0);
  }
}
