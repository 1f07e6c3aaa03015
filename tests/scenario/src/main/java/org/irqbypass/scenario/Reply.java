package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.TraceEvent;
import org.jspecify.annotations.Nullable;

/** What an operation returns, while it runs. Outputs made before it failed are kept. */
final class Reply {
  private final Map<String, Object> out = new LinkedHashMap<>();
  private long ret;
  private @Nullable Errno errno;

  /** Sets the result, 0 unless called. */
  void ret(long result) {
    ret = result;
  }

  void failed(ErrnoException refused) {
    ret = -1;
    errno = refused.errno();
  }

  /** Adds a number to what the call returned. */
  Reply out(String name, long value) {
    out.put(name, value);
    return this;
  }

  Reply out(String name, boolean value) {
    return out(name, value ? 1 : 0);
  }

  Reply out(String name, String value) {
    out.put(name, value);
    return this;
  }

  /** Adds a list of numbers or words. */
  Reply out(String name, Iterable<?> values) {
    out.put(name, ImmutableList.copyOf(values));
    return this;
  }

  Reply out(String name, Map<String, ?> values) {
    out.put(name, ImmutableMap.copyOf(values));
    return this;
  }

  Outcome outcome(ImmutableList<TraceEvent> events) {
    return new Outcome(ret, errno, ImmutableMap.copyOf(out), events);
  }
}
