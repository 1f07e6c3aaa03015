package org.irqbypass.trace;

/** Something whose state an explorer can compare with a state it has seen before. */
public interface Fingerprinted {
  /**
   * Writes everything that decides how this object will answer from now on.
   *
   * @param sink takes the state
   */
  void writeTo(FingerprintSink sink);
}
