package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.jspecify.annotations.Nullable;

/**
 * One line of a recording: what was called and what the kernel did. Immutable.
 *
 * @param caseName the case it belongs to
 * @param step its number in the case; steps may have gaps
 * @param operation what was called
 * @param ret the result, -1 if it failed; null where nothing was returned
 * @param errno the error's name, or null
 * @param out what the call returned besides: Long, String, lists and maps of them
 * @param trace what the kernel's functions did; null where it was not recorded
 * @param compareOutputs false where only the result is reproducible
 * @param thread which thread called, in a session; or null
 * @param micros when the call began, since the session did; 0 where there is none
 * @param duration how many microseconds the call took; 0 where that is not known
 */
public record RecordedOperation(
    String caseName,
    int step,
    Operation operation,
    @Nullable Long ret,
    @Nullable String errno,
    ImmutableMap<String, Object> out,
    @Nullable ImmutableList<String> trace,
    boolean compareOutputs,
    @Nullable String thread,
    long micros,
    long duration) {
  /**
   * Result and errno as people write them.
   *
   * @return such as {@code 0} or {@code -1 EINVAL}
   */
  public String result() {
    return errno == null ? String.valueOf(ret) : ret + " " + errno;
  }

  /**
   * When the call had ended, in microseconds since the session began.
   *
   * @return as late as it began, or later
   */
  public long endMicros() {
    return micros + duration;
  }
}
