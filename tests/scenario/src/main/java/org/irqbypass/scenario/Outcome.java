package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.irqbypass.errno.Errno;
import org.irqbypass.trace.TraceEvent;
import org.jspecify.annotations.Nullable;

/**
 * What one operation came to. Immutable.
 *
 * @param ret 0 or more, descriptors normalised to 0; -1 if it failed
 * @param errno why it failed, or null
 * @param out what the call returned besides: numbers (Long), words (String), lists of them
 * @param events every observable step it caused, deferred work included, in order
 */
public record Outcome(
    long ret,
    @Nullable Errno errno,
    ImmutableMap<String, Object> out,
    ImmutableList<TraceEvent> events) {
  /**
   * Whether the call succeeded.
   *
   * @return false if there is an errno
   */
  public boolean succeeded() {
    return errno == null;
  }

  /**
   * Result and errno as people write them.
   *
   * @return such as {@code 0} or {@code -1 EINVAL}
   */
  public String result() {
    return errno == null ? Long.toString(ret) : ret + " " + errno;
  }

  @Override
  public String toString() {
    return out.isEmpty() ? result() : result() + " " + out;
  }
}
