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
 * Counts what a target was given, holds it to a budget of memory and of time, and leaves the
 * account in {@code target/evidence}. For one thread.
 */
final class Trials {
  /** So many inputs a target is given where the profile {@code deep} fuzzes. */
  static final long INPUTS = 1_000_000;

  /** What any input may allocate. A table as large as an input claims is far beyond. */
  private static final long ALLOWANCE = 32L << 20;

  /** What it may allocate besides, for each of its bytes. */
  private static final long ALLOWANCE_PER_BYTE = 16L << 10;

  /**
   * How often what is allocated is so where Jazzer searches: it follows every comparison, look-up
   * and match, and was seen to allocate eleven times what these do. The bound itself is held in the
   * ordinary build, where what was found is tried as well.
   */
  private static final int FOLLOWED = System.getenv("JAZZER_FUZZ") == null ? 1 : 12;

  /**
   * What any input may take of a processor, in nanoseconds. Not of the clock: others may run
   * meanwhile.
   */
  private static final long PATIENCE = 1_000_000_000L;

  /** What it may take besides, for each of its bytes. */
  private static final long PATIENCE_PER_BYTE = 100_000L;

  private static final ThreadMXBean THREADS = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  private final String target;
  private final String detail;
  private long tried;
  private long found;
  private long most;
  private long longest;

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

  /** What an input took: bytes allocated, and nanoseconds of a processor. */
  private record Price(long memory, long time) {
    boolean isTooMuchFor(byte[] input) {
      return memory > FOLLOWED * (ALLOWANCE + ALLOWANCE_PER_BYTE * input.length)
          || time > PATIENCE + PATIENCE_PER_BYTE * input.length;
    }
  }

  /** Gives the target one input. */
  void run(byte[] input, Consumer<byte[]> of) {
    tried++;
    Price price = price(input, of);
    if (price.isTooMuchFor(input)) {
      price = price(input, of); // without the classes that were loaded for the first
    }
    most = Math.max(most, price.memory);
    longest = Math.max(longest, price.time);
    if (price.isTooMuchFor(input)) {
      found++;
      throw new AssertionError(
          input.length
              + " bytes of input took "
              + price.memory
              + " bytes of memory and "
              + price.time
              + " ns");
    }
  }

  private Price price(byte[] input, Consumer<byte[]> of) {
    long memory = THREADS.getCurrentThreadAllocatedBytes();
    long time = THREADS.getCurrentThreadCpuTime();
    try {
      of.accept(input);
    } catch (RuntimeException | Error finding) {
      found++;
      throw finding;
    }
    return new Price(
        THREADS.getCurrentThreadAllocatedBytes() - memory,
        THREADS.getCurrentThreadCpuTime() - time);
  }

  /** Writes the account. */
  void close() {
    String json =
        String.format(
            "[{\"what\": \"Jazzer: %s\", \"tried\": %d, \"unit\": \"inputs\", \"found\": %d,"
                + " \"detail\": \"%s; one took at most %d KiB of memory and %d ms\"}]%n",
            target, tried, found, detail, most >> 10, longest / 1_000_000);
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
