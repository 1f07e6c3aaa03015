package org.irqbypass.work;

import com.google.common.base.Throwables;
import org.jspecify.annotations.Nullable;

/**
 * Steps of which none may be skipped because another one threw: what gives something back is never
 * tried again. The first of what was thrown is thrown at the end, and carries the rest as
 * suppressed. For one thread.
 */
public final class EveryStep {
  private @Nullable Throwable first;

  /** No step was taken. */
  public EveryStep() {}

  /**
   * Takes a step, whatever those before it threw.
   *
   * @param step perhaps throws
   * @return this
   */
  public EveryStep take(Runnable step) {
    try {
      step.run();
    } catch (RuntimeException | Error thrown) {
      if (first == null) {
        first = thrown;
      } else if (first != thrown) {
        first.addSuppressed(thrown);
      }
    }
    return this;
  }

  /** Throws what the first step threw that threw, if one did. */
  public void throwFirst() {
    if (first != null) {
      Throwables.throwIfUnchecked(first);
    }
  }
}
