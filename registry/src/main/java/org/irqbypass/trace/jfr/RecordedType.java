package org.irqbypass.trace.jfr;

import java.lang.reflect.Method;
import java.lang.reflect.RecordComponent;
import java.util.ArrayList;
import java.util.List;
import jdk.jfr.AnnotationElement;
import jdk.jfr.Category;
import jdk.jfr.Event;
import jdk.jfr.EventFactory;
import jdk.jfr.Label;
import jdk.jfr.Name;
import jdk.jfr.StackTrace;
import jdk.jfr.Timespan;
import jdk.jfr.ValueDescriptor;
import org.irqbypass.trace.TraceEvent;
import org.jspecify.annotations.Nullable;

/** A type of trace event as the recorder knows it. */
final class RecordedType {
  private static final String HOME = "irqbypass";

  private final EventFactory factory;
  private final List<Method> accessors;

  private RecordedType(EventFactory factory, List<Method> accessors) {
    this.factory = factory;
    this.accessors = accessors;
  }

  /** Makes a type known to the recorder. */
  static RecordedType of(Class<?> type) {
    List<Method> accessors = accessors(type);
    List<ValueDescriptor> fields = new ArrayList<>();
    fields.add(
        new ValueDescriptor(
            long.class,
            "hostTime",
            List.of(
                new AnnotationElement(Label.class, "Host Time"),
                new AnnotationElement(Timespan.class, Timespan.NANOSECONDS))));
    for (Method accessor : accessors) {
      String name = accessor.getName();
      fields.add(
          new ValueDescriptor(
              recorded(accessor.getReturnType()),
              name,
              List.of(new AnnotationElement(Label.class, words(name)))));
    }
    String room = room(type);
    List<AnnotationElement> about =
        List.of(
            new AnnotationElement(Name.class, HOME + "." + room + type.getSimpleName()),
            new AnnotationElement(Label.class, words(room + type.getSimpleName())),
            new AnnotationElement(
                Category.class,
                room.isEmpty() ? new String[] {HOME} : new String[] {HOME, words(room)}),
            new AnnotationElement(StackTrace.class, false));
    return new RecordedType(EventFactory.create(about, fields), accessors);
  }

  /** What can be read: nothing of a record that its module keeps to itself. */
  private static List<Method> accessors(Class<?> type) {
    List<Method> accessors = new ArrayList<>();
    if (type.isRecord()) {
      for (RecordComponent component : type.getRecordComponents()) {
        if (component.getAccessor().trySetAccessible()) {
          accessors.add(component.getAccessor());
        }
      }
    }
    return accessors;
  }

  private static Class<?> recorded(Class<?> type) {
    return type.isPrimitive() ? type : String.class;
  }

  /** Whose events these are: {@code Eventfd} of {@code EventfdEvent.Signal}. */
  private static String room(Class<?> type) {
    Class<?> around = type.getEnclosingClass();
    return around == null ? "" : around.getSimpleName().replaceFirst("Event$", "");
  }

  /** {@code willRetry} as people read it: {@code Will Retry}. */
  private static String words(String name) {
    String spaced = name.replaceAll("(?<=[a-z0-9])(?=[A-Z])", " ");
    return Character.toUpperCase(spaced.charAt(0)) + spaced.substring(1);
  }

  /** Records an event, if any recording wants its type. */
  void record(long nanos, TraceEvent event) {
    if (!factory.getEventType().isEnabled()) {
      return;
    }
    Event recorded = factory.newEvent();
    if (!recorded.shouldCommit()) {
      return;
    }
    recorded.set(0, nanos);
    for (int i = 0; i < accessors.size(); i++) {
      recorded.set(i + 1, value(accessors.get(i), event));
    }
    recorded.commit();
  }

  private static @Nullable Object value(Method accessor, TraceEvent event) {
    try {
      Object value = accessor.invoke(event);
      return value == null || accessor.getReturnType().isPrimitive() ? value : value.toString();
    } catch (ReflectiveOperationException unreadable) {
      throw new IllegalStateException(accessor + " cannot be read", unreadable);
    }
  }

  void unregister() {
    factory.unregister();
  }
}
