package org.irqbypass.faults;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Counts the fault points that one thread reaches, and lets one of them fail. Closed until {@link
 * #open}, so that setting a host up and looking at it are not disturbed.
 */
public final class FaultPoints {
  private static final ThreadLocal<@Nullable FaultPoints> OF_THREAD = new ThreadLocal<>();

  private final List<FaultPoint> reached = new ArrayList<>();
  private boolean open;
  private int failing = -1;
  private Fault fault = Fault.ERRNO;

  FaultPoints() {}

  /** From now on this thread's points are counted here. */
  void attach() {
    OF_THREAD.set(this);
  }

  /** This thread's points are counted nowhere. */
  static void detach() {
    OF_THREAD.remove();
  }

  /** Counts from now on. */
  void open() {
    failing = -1;
    reached.clear();
    open = true;
  }

  /** Counts from now on, and lets one point fail. */
  void open(int point, Fault with) {
    open();
    failing = point;
    fault = with;
  }

  /** Counts no more. */
  void close() {
    open = false;
  }

  /** What was reached since the last {@link #open}. */
  ImmutableList<FaultPoint> reached() {
    return ImmutableList.copyOf(reached);
  }

  private void reach(FaultPoint point) {
    if (!open) {
      return;
    }
    int number = reached.size();
    reached.add(point);
    if (number == failing) {
      fault.raise(point.toString());
    }
  }

  /** A point was reached; in a decorator. */
  void reach(FaultPoint.Kind kind, String name) {
    reach(new FaultPoint(kind, name));
  }

  /** A callback was entered; in instrumented code. */
  public static void callback(String method) {
    instrumented(FaultPoint.Kind.CALLBACK, method);
  }

  /** A resource is about to be allocated; in instrumented code. */
  public static void resource(String method) {
    instrumented(FaultPoint.Kind.RESOURCE, method);
  }

  /** An object is about to be made; in instrumented code. */
  public static void memory(String type) {
    instrumented(FaultPoint.Kind.MEMORY, "new " + type);
  }

  private static void instrumented(FaultPoint.Kind kind, String name) {
    FaultPoints points = OF_THREAD.get();
    if (points != null) {
      points.reach(kind, name.replaceAll("[a-z0-9]+\\.", ""));
    }
  }
}
