package org.irqbypass.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.sun.management.ThreadMXBean;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.function.Consumer;

/**
 * Counts what a target was given, holds it to a budget of memory, and leaves the account in {@code
 * target/evidence}. For one thread.
 */
final class Trials {
  /** So many inputs a target is given where the profile {@code deep} fuzzes. */
  static final long INPUTS = 1_000_000;

  /** What any input may allocate. A table as large as an input claims is far beyond. */
  private static final long ALLOWANCE = 32L << 20;

  /** What it may allocate besides, for each of its bytes. */
  private static final long ALLOWANCE_PER_BYTE = 16L << 10;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final String target;
  private final String detail;
  private long tried;
  private long found;
  private long most;

  /**
   * An account with nothing in it.
   *
   * @param target what is fuzzed
   * @param detail what was watched, in a sentence
   */
  Trials(String target, String detail) {
    this.target = target;
    this.detail = detail;
  }

  /** Gives the target one input. */
  void run(byte[] input, Consumer<byte[]> of) {
    tried++;
    long allocated = allocated(input, of);
    long allowed = ALLOWANCE + ALLOWANCE_PER_BYTE * input.length;
    if (allocated > allowed) {
      allocated = allocated(input, of); // without the classes that were loaded for the first
    }
    most = Math.max(most, allocated);
    if (allocated > allowed) {
      found++;
      throw new AssertionError(input.length + " bytes of input took " + allocated + " of memory");
    }
  }

  private long allocated(byte[] input, Consumer<byte[]> of) {
    long before = THREADS.getCurrentThreadAllocatedBytes();
    try {
      of.accept(input);
    } catch (RuntimeException | Error finding) {
      found++;
      throw finding;
    }
    return THREADS.getCurrentThreadAllocatedBytes() - before;
  }

  /** Writes the account. */
  void close() {
    String json =
        String.format(
            "[{\"what\": \"Jazzer: %s\", \"tried\": %d, \"unit\": \"inputs\", \"found\": %d,"
                + " \"detail\": \"%s; at most %d KiB allocated by one\"}]%n",
            target, tried, found, detail, most >> 10);
    Path evidence = Path.of("target", "evidence");
    try {
      Files.createDirectories(evidence);
      Files.writeString(
          evidence.resolve("fuzz-" + target.replace(' ', '-') + ".json"), json, UTF_8);
    } catch (IOException unwritable) {
      throw new UncheckedIOException(unwritable);
    }
  }
}
