package org.irqbypass.concurrency.lincheck;

import static com.google.common.truth.Truth.assertThat;

import java.nio.file.Path;
import org.irqbypass.concurrency.Evidence;
import org.jetbrains.lincheck.datastructures.ModelCheckingOptions;
import org.jetbrains.lincheck.datastructures.Options;
import org.jetbrains.lincheck.datastructures.StressOptions;
import org.jetbrains.lincheck.util.LoggingLevel;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestInstance;

/**
 * What the calls of several threads return, they must also return one after the other, in some
 * order. Checked twice: with every switch of threads chosen (model checking), and with real threads
 * (stress). How often is a matter of {@code lincheck.scenarios} and {@code lincheck.runs}; what was
 * tried is written to {@code target/evidence}.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
abstract class Linearizability {
  /** Milliseconds after which a run counts as hung: a processor may have others to serve. */
  private static final long BUSY_MACHINE = 120_000;

  private final String what;
  private final Class<?> concurrent;
  private final Class<?> sequential;
  private long before;
  private int found;

  /**
   * Of one object.
   *
   * @param what the calls, for a person to read
   * @param concurrent has the operations, on the real classes
   * @param sequential has the same methods, one call after the other
   */
  Linearizability(String what, Class<?> concurrent, Class<?> sequential) {
    this.what = what;
    this.concurrent = concurrent;
    this.sequential = sequential;
  }

  @BeforeAll
  void count() {
    before = CountingVerifier.count();
  }

  @Test
  void switchesChosen() {
    check(new ModelCheckingOptions());
  }

  @Test
  void realThreads() {
    check(new StressOptions());
  }

  private <O extends Options<O, ?>> void check(O options) {
    long tried = CountingVerifier.count();
    found++; // unless the check returns
    options
        .iterations(Integer.getInteger("lincheck.scenarios", 4))
        .threads(2)
        .actorsPerThread(3)
        .actorsBefore(2)
        .actorsAfter(2)
        .invocationsPerIteration(Integer.getInteger("lincheck.runs", 100))
        .logLevel(LoggingLevel.OFF)
        .invocationTimeout$lincheck(BUSY_MACHINE)
        .sequentialSpecification(sequential)
        .verifier(CountingVerifier.class);
    options.check(concurrent);
    found--;
    assertThat(CountingVerifier.count()).isGreaterThan(tried);
  }

  @AfterAll
  void keep() {
    new Evidence(
            "Lincheck: " + what,
            CountingVerifier.count() - before,
            "interleavings",
            found,
            "2 threads, model checking and stress, against a sequential specification")
        .write(Path.of("target", "evidence", "lincheck-" + getClass().getSimpleName() + ".json"));
  }
}
