package org.irqbypass.fuzz;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;

/** Reads an input as choices; what is missing at its end is 0. For one thread. */
final class Choices {
  private final byte[] input;
  private int at;

  Choices(byte[] input) {
    this.input = input;
  }

  boolean hasMore() {
    return at < input.length;
  }

  /** The next byte, from 0 to 255. */
  int next() {
    return at < input.length ? input[at++] & 0xff : 0;
  }

  int nextInt() {
    return next() | next() << 8 | next() << 16 | next() << 24;
  }

  <T> T of(List<T> choices) {
    return choices.get(next() % choices.size());
  }

  /** As many bytes as the next byte says, or as there are. */
  ByteBuffer structure() {
    int length = Math.min(next(), input.length - at);
    ByteBuffer bytes = ByteBuffer.wrap(input, at, length).slice().order(ByteOrder.nativeOrder());
    at += length;
    return bytes;
  }
}
