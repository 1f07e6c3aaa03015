package org.irqbypass.concurrency.lincheck;

import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionResult;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.verifier.LinearizabilityVerifier;
import org.jetbrains.lincheck.datastructures.verifier.Verifier;

/** Lincheck's own judge of what calls returned, which counts how often it is asked. */
public final class CountingVerifier implements Verifier {
  private static final AtomicLong COUNT = new AtomicLong();

  private final Verifier verifier;

  /**
   * Makes a verifier; Lincheck does.
   *
   * @param specification of calls one after the other
   */
  public CountingVerifier(Class<?> specification) {
    verifier = new LinearizabilityVerifier(specification);
  }

  /** How many runs were compared in this JVM. */
  static long count() {
    return COUNT.get();
  }

  @Override
  public boolean verifyResults(ExecutionScenario scenario, ExecutionResult results) {
    COUNT.incrementAndGet();
    return verifier.verifyResults(scenario, results);
  }
}
