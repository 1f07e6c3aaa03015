package org.irqbypass.trace.jfr;

import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentMap;
import jdk.jfr.FlightRecorder;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.trace.TraceListener;

/**
 * Hands every step of a host to the JDK's Flight Recorder, for those who profile the JVM in which
 * the library runs: {@code trace.listen(new FlightRecorderListener())}.
 *
 * <p>Each type of {@link TraceEvent} becomes one of the recorder's, whichever room defines it, and
 * also a user's own: {@code EventfdEvent.Signal} is {@code irqbypass.EventfdSignal}, in the
 * category {@code irqbypass / Eventfd}, with a field for each component of the record (numbers and
 * booleans as they are, everything else as text) and {@code hostTime} for the host's own clock. No
 * stack is walked unless a recording asks for it ({@code irqbypass.EventfdSignal#stackTrace=true}).
 *
 * <p>Safe for use from many threads, by one host or several. While nothing records, a step costs
 * one check and nothing is registered with the recorder. The recorder's own time stamps come from
 * the JVM; nothing of the host depends on them. Needs the module {@code jdk.jfr}, which nothing
 * else here does.
 */
public final class FlightRecorderListener implements TraceListener, AutoCloseable {
  private final ConcurrentMap<Class<?>, RecordedType> types = new ConcurrentHashMap<>();

  /** Makes a listener; hosts tell it of their steps once it is given to their tracepoints. */
  public FlightRecorderListener() {}

  @Override
  public void onEvent(long nanos, TraceEvent event) {
    if (!FlightRecorder.isInitialized()) {
      return;
    }
    types.computeIfAbsent(event.getClass(), RecordedType::of).record(nanos, event);
  }

  /** Takes its event types away from the recorder; what was recorded stays. */
  @Override
  public void close() {
    types.values().forEach(RecordedType::unregister);
    types.clear();
  }
}
