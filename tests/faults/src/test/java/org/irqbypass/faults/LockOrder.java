package org.irqbypass.faults;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedSet;
import com.google.common.collect.MapMaker;
import java.lang.reflect.Field;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.irqbypass.host.HostIrq;
import org.irqbypass.registry.BypassSide;
import org.irqbypass.registry.BypassToken;
import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.Mutex;
import org.irqbypass.work.SpinLock;
import org.irqbypass.work.Work;
import org.jspecify.annotations.Nullable;

/**
 * Learns in which order locks are taken, by what they guard and not one by one, and finds two
 * orders that contradict each other, also where no thread happened to wait (as Linux's lockdep
 * does). What can be waited for counts as a lock: a handler in flight, a deferred work item, a
 * claimed side.
 *
 * <p>Deferred work runs on whatever thread comes along, but holds nothing of what that thread
 * holds: on real threads it would be another one.
 *
 * <p>Called from {@linkplain LibraryAgent instrumented} code. One at a time learns, from all
 * threads.
 */
public final class LockOrder {
  private static volatile @Nullable LockOrder learning;

  private static final Map<Object, String> NAMES = new MapMaker().weakKeys().makeMap();

  private final ThreadLocal<Deque<Deque<Held>>> held =
      ThreadLocal.withInitial(
          () -> {
            Deque<Deque<Held>> contexts = new ArrayDeque<>();
            contexts.push(new ArrayDeque<>());
            return contexts;
          });
  private final Map<String, Set<String>> after = new ConcurrentHashMap<>();
  private final Map<Pair, Throwable> seen = new ConcurrentHashMap<>();
  private final List<String> contradictions = new ArrayList<>();

  /** One thing that a thread holds. */
  private record Held(Object lock, String name) {}

  /** An object by whose monitor something is guarded; what else it is does not matter. */
  private record Monitor(Object of) {
    @Override
    public boolean equals(@Nullable Object other) {
      return other instanceof Monitor monitor && monitor.of == of;
    }

    @Override
    public int hashCode() {
      return System.identityHashCode(of);
    }
  }

  /** One lock was taken while another one was held. */
  record Pair(String outer, String inner) {
    @Override
    public String toString() {
      return outer + " -> " + inner;
    }
  }

  private LockOrder() {}

  /** Learns from now on, from all threads. */
  static LockOrder learn() {
    LibraryAgent.install();
    LockOrder order = new LockOrder();
    learning = order;
    return order;
  }

  /** Learns no more. */
  void stop() {
    learning = null;
  }

  /** The orders that contradict each other, each with where both were seen. */
  synchronized ImmutableList<String> contradictions() {
    return ImmutableList.copyOf(contradictions);
  }

  /** What was taken while what was held. */
  ImmutableList<Pair> pairs() {
    return seen.keySet().stream()
        .sorted(java.util.Comparator.comparing(Pair::toString))
        .collect(ImmutableList.toImmutableList());
  }

  /** Every kind of lock that stands in a pair. */
  ImmutableSortedSet<String> names() {
    Set<String> names = new HashSet<>();
    pairs().forEach(pair -> names.addAll(Arrays.asList(pair.outer(), pair.inner())));
    return ImmutableSortedSet.copyOf(names);
  }

  /** What the calling thread holds; empty between two calls of the library. */
  static ImmutableList<String> heldByThisThread() {
    LockOrder order = learning;
    ImmutableList.Builder<String> all = ImmutableList.builder();
    if (order != null) {
      order.held.get().forEach(context -> context.forEach(one -> all.add(one.name())));
    }
    return all.build();
  }

  private void waitFor(Object lock, String name) {
    for (Held outer : held.get().element()) {
      if (outer.lock().equals(lock)) {
        return; // reentrant
      }
    }
    for (Held outer : held.get().element()) {
      Pair pair = new Pair(outer.name(), name);
      if (!seen.containsKey(pair)) {
        add(pair);
      }
    }
  }

  private synchronized void add(Pair pair) {
    if (seen.putIfAbsent(pair, new Throwable(pair.toString())) != null) {
      return;
    }
    List<String> back = path(pair.inner(), pair.outer());
    if (back != null) {
      StringBuilder text = new StringBuilder("taken in this order:");
      describe(text, pair);
      text.append("\nand, before, in this:");
      for (int i = 1; i < back.size(); i++) {
        describe(text, new Pair(back.get(i - 1), back.get(i)));
      }
      if (back.size() == 1) {
        text.append(" two of a kind at once, of which nobody says which comes first");
      }
      contradictions.add(text.toString());
    }
    after.computeIfAbsent(pair.outer(), any -> ConcurrentHashMap.newKeySet()).add(pair.inner());
  }

  private void describe(StringBuilder text, Pair pair) {
    text.append("\n  ").append(pair);
    Throwable where = seen.get(pair);
    if (where != null) {
      for (StackTraceElement frame : where.getStackTrace()) {
        String name = frame.getClassName();
        if (name.startsWith("org.irqbypass.") && !name.equals(LockOrder.class.getName())) {
          text.append("\n      at ").append(frame);
        }
      }
    }
  }

  /** The shortest way from one lock to another by what was taken under what; null if none. */
  private @Nullable List<String> path(String from, String to) {
    Map<String, List<String>> ways = new LinkedHashMap<>();
    Deque<String> todo = new ArrayDeque<>(List.of(from));
    ways.put(from, List.of(from));
    while (!todo.isEmpty()) {
      String here = todo.remove();
      List<String> way = ways.get(here);
      if (here.equals(to)) {
        return way;
      }
      for (String next : after.getOrDefault(here, Set.of())) {
        if (!ways.containsKey(next)) {
          List<String> longer = new ArrayList<>(way == null ? List.of() : way);
          longer.add(next);
          ways.put(next, longer);
          todo.add(next);
        }
      }
    }
    return null;
  }

  private void hold(Object lock, String name) {
    held.get().element().push(new Held(lock, name));
  }

  private void drop(Object lock) {
    Iterator<Held> mine = held.get().element().iterator();
    while (mine.hasNext()) {
      if (mine.next().lock().equals(lock)) {
        mine.remove();
        return;
      }
    }
  }

  private static String nameOf(Object lock) {
    if (lock instanceof BypassToken) {
      return "BypassToken";
    } else if (lock instanceof BypassSide) {
      return "BypassSide.claim";
    } else if (lock instanceof HostIrq) {
      return "HostIrq.handler";
    } else if (lock instanceof Work work) {
      return "work " + work.name();
    }
    Object named = lock instanceof Monitor monitor ? monitor.of() : lock;
    String name = NAMES.get(named);
    if (name != null) {
      return name;
    }
    return lock instanceof Mutex ? lock.toString() : named.getClass().getSimpleName() + ".monitor";
  }

  // From here on: called by instrumented code.

  /**
   * An object was made: its fields name its locks. Whoever made it made them, or was given them.
   */
  public static void made(Object owner, Class<?> declaring) {
    for (Field field : LOCKS.get(declaring)) {
      try {
        Object lock = field.get(owner);
        if (lock != null) {
          NAMES.put(lock, declaring.getSimpleName() + "." + field.getName());
        }
      } catch (IllegalAccessException impossible) {
        throw new LinkageError("a lock's field cannot be read: " + field, impossible);
      }
    }
  }

  private static final ClassValue<List<Field>> LOCKS =
      new ClassValue<>() {
        @Override
        protected List<Field> computeValue(Class<?> type) {
          List<Field> locks = new ArrayList<>();
          for (Field field : type.getDeclaredFields()) {
            Class<?> kind = field.getType();
            boolean queue = type == DeterministicWorkQueue.class && kind == List.class;
            if (queue || kind == SpinLock.class || kind == Mutex.class || kind == Object.class) {
              field.setAccessible(true);
              locks.add(field);
            }
          }
          return locks;
        }
      };

  /** Before a lock is taken, which may have to be waited for. */
  public static void before(Object lock) {
    LockOrder order = learning;
    if (order != null) {
      order.waitFor(lock, nameOf(lock));
    }
  }

  /** A lock was taken. */
  public static void taken(Object lock) {
    LockOrder order = learning;
    if (order != null) {
      order.hold(lock, nameOf(lock));
    }
  }

  /** A lock was released. */
  public static void released(Object lock) {
    LockOrder order = learning;
    if (order != null) {
      order.drop(lock);
    }
  }

  /** As {@link #before}, of an object's monitor. */
  public static void beforeMonitor(Object object) {
    if (learning != null) {
      before(new Monitor(object));
    }
  }

  /** As {@link #taken}, of an object's monitor. */
  public static void takenMonitor(Object object) {
    if (learning != null) {
      taken(new Monitor(object));
    }
  }

  /** As {@link #released}, of an object's monitor. */
  public static void releasedMonitor(Object object) {
    if (learning != null) {
      released(new Monitor(object));
    }
  }

  /** Deferred work begins, with nothing held. */
  public static void workBegins(Object work) {
    LockOrder order = learning;
    if (order != null) {
      order.held.get().push(new ArrayDeque<>());
      order.hold(work, nameOf(work));
    }
  }

  /** Deferred work has ended. */
  public static void workEnds() {
    LockOrder order = learning;
    if (order != null && order.held.get().size() > 1) {
      order.held.get().pop();
    }
  }
}
