package org.irqbypass.registry;

import java.util.concurrent.atomic.AtomicLong;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionResult;
import org.jetbrains.kotlinx.lincheck.execution.ExecutionScenario;
import org.jetbrains.lincheck.datastructures.verifier.LinearizabilityVerifier;
import org.jetbrains.lincheck.datastructures.verifier.Verifier;

/** Compares what calls tell with calls that come one after the other, and counts how often. */
public final class CountingVerifier implements Verifier {
  private static final AtomicLong COUNT = new AtomicLong();

  private final LinearizabilityVerifier verifier;

  /**
   * Makes a verifier.
   *
   * @param specification of calls one after the other
   */
  public CountingVerifier(Class<?> specification) {
    verifier = new LinearizabilityVerifier(specification);
  }

  /** How many runs were compared in this JVM. */
  public static long count() {
    return COUNT.get();
  }

  @Override
  public boolean verifyResults(ExecutionScenario scenario, ExecutionResult results) {
    COUNT.incrementAndGet();
    return verifier.verifyResults(scenario, results);
  }
}
