package org.irqbypass.fuzz;

import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;

/** Writes an input that {@link Choices} reads, for edge cases made by hand. */
final class Seed {
  private final ByteArrayOutputStream bytes = new ByteArrayOutputStream();

  /**
   * Chooses a host.
   *
   * @param host platform, profile and policy, as {@link Subject#of} takes them
   */
  static Seed on(int host) {
    return new Seed().choose(host);
  }

  @CanIgnoreReturnValue
  Seed choose(int... choices) {
    for (int choice : choices) {
      bytes.write(choice);
    }
    return this;
  }

  @CanIgnoreReturnValue
  Seed structure(ByteBuffer structure) {
    bytes.write(structure.remaining());
    for (int i = structure.position(); i < structure.limit(); i++) {
      bytes.write(structure.get(i));
    }
    return this;
  }

  byte[] bytes() {
    return bytes.toByteArray();
  }
}
