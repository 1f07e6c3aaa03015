package org.irqbypass.comparison.export;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableList;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.irqbypass.comparison.account.Fact;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.host.HostIrqEvent;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.scenario.Outcome;
import org.jspecify.annotations.Nullable;

/**
 * Writes a run as Chrome trace events, which the Perfetto UI opens: a line for each actor and each
 * vCPU, calls and functions as slices, tracepoints as instants, an arrow along the way of each
 * interrupt, and how many interrupts are bypassed. Used once.
 */
final class PerfettoTrace {
  private static final Track PHASES = new Track("scenario", "phases");

  /** From the top: who asks, who answers, what is between devices and guests. Guests come last. */
  private static final ImmutableList<String> ORDER =
      ImmutableList.of("scenario", "userspace", "host kernel", "hardware");

  /** A slice before what is inside it, and both before the arrows that end there. */
  private static final Comparator<Event> IN_TIME =
      Comparator.comparingLong(Event::begin)
          .thenComparing(Comparator.comparingLong(Event::length).reversed());

  private record Event(long begin, long length, ObjectNode json) {}

  private record Group(int pid, Map<String, Integer> threads) {}

  private final Journal journal;
  private final List<Event> events = new ArrayList<>();
  private final Map<String, Group> processes = new LinkedHashMap<>();
  private int threads;

  private PerfettoTrace(Journal journal) {
    this.journal = journal;
  }

  /** The trace of a run. */
  static ObjectNode of(Journal journal) {
    return new PerfettoTrace(journal).write();
  }

  private ObjectNode write() {
    ORDER.forEach(
        process -> processes.put(process, new Group(processes.size() + 1, new LinkedHashMap<>())));
    phases();
    journal.entries().forEach(this::step);
    journal.entries().forEach(this::moments);
    handlers();
    arrows();
    inForce();
    events.sort(IN_TIME);
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("displayTimeUnit", "ns");
    ObjectNode about = root.putObject("otherData");
    about.put("scenario", journal.scenario().name());
    about.put("contender", journal.trial().contender().label());
    about.put("platform", journal.scenario().platform());
    about.put("profile", journal.scenario().profile().name());
    ArrayNode all = root.putArray("traceEvents");
    names(all);
    events.forEach(event -> all.add(event.json()));
    return root;
  }

  private void names(ArrayNode all) {
    processes.forEach(
        (name, process) -> {
          if (process.threads().isEmpty()) {
            return;
          }
          metadata(all, "process_name", process.pid(), 0).put("name", name);
          metadata(all, "process_sort_index", process.pid(), 0).put("sort_index", process.pid());
          process
              .threads()
              .forEach(
                  (thread, tid) ->
                      metadata(all, "thread_name", process.pid(), tid).put("name", thread));
        });
  }

  private static ObjectNode metadata(ArrayNode all, String name, int pid, int tid) {
    return all.addObject()
        .put("name", name)
        .put("ph", "M")
        .put("pid", pid)
        .put("tid", tid)
        .putObject("args");
  }

  private long end() {
    return journal.entries().isEmpty()
        ? 0
        : journal.entries().get(journal.entries().size() - 1).span().end();
  }

  private void phases() {
    Journal.@Nullable Entry open = null;
    for (Journal.Entry entry : journal.entries()) {
      if (entry.isMark()) {
        phase(open, entry.span().begin());
        open = entry;
      }
    }
    phase(open, end());
  }

  private void phase(Journal.@Nullable Entry mark, long end) {
    if (mark != null) {
      slice(PHASES, mark.span().begin(), end, mark.step().operation().text("text", ""), "phase");
    }
  }

  private void step(Journal.Entry entry) {
    if (entry.isMark()) {
      return;
    }
    Outcome outcome = entry.step().outcome();
    ObjectNode args =
        slice(
                entry.track(),
                entry.span().begin(),
                entry.span().end(),
                entry.step().operation().name(),
                entry.note().forwarding() ? "only for forwarding" : "scenario")
            .putObject("args");
    args.put("step", entry.step().index());
    args.put("operation", entry.step().operation().toText());
    args.put("result", outcome.toString());
    if (outcome.errno() != null) {
      args.put("errno", outcome.errno().name());
    }
    if (entry.note().why() != null) {
      args.put("why", entry.note().why());
    }
    args.put("caption", entry.caption());
  }

  /**
   * Functions with an end become slices, stations of an interrupt short ones, the rest instants.
   */
  private void moments(Journal.Entry entry) {
    long tick = (entry.span().end() - entry.span().begin()) / (entry.moments().size() + 1L);
    Map<Track, Deque<Journal.Moment>> open = new HashMap<>();
    Set<Journal.Moment> closed = new HashSet<>();
    List<Journal.Moment> single = new ArrayList<>();
    long raising = entry.span().begin();
    for (Journal.Moment moment : entry.moments()) {
      Tracepoint point = moment.tracepoint();
      if (moment.event() instanceof HostIrqEvent.Raised) {
        slice(moment.track(), raising, moment.nanos(), EventLabel.of(moment.event()), "interrupt");
        raising = moment.nanos();
      } else if (Flows.isStation(moment.event())) {
        describe(
            slice(
                moment.track(),
                moment.nanos(),
                moment.nanos() + tick / 2,
                name(moment),
                "interrupt"),
            moment);
      } else if (point != null && point.isEntry()) {
        open.computeIfAbsent(moment.track(), any -> new ArrayDeque<>()).push(moment);
        single.add(moment);
      } else if (point != null && point.isExit()) {
        Journal.Moment entered =
            entered(open.getOrDefault(moment.track(), new ArrayDeque<>()), point.subject());
        if (entered == null) {
          single.add(moment);
        } else {
          closed.add(entered);
          ObjectNode args =
              describe(
                  slice(
                      moment.track(), entered.nanos(), moment.nanos(), point.subject(), "function"),
                  entered);
          args.put("result", point.detail());
        }
      } else {
        single.add(moment);
      }
    }
    single.stream().filter(moment -> !closed.contains(moment)).forEach(this::instant);
  }

  /** The beginning of what ends; whatever began inside it and never ended is dropped. */
  private static Journal.@Nullable Moment entered(Deque<Journal.Moment> open, String subject) {
    for (Iterator<Journal.Moment> each = open.iterator(); each.hasNext(); ) {
      Journal.Moment moment = each.next();
      Tracepoint point = moment.tracepoint();
      if (point != null && point.subject().equals(subject)) {
        while (!open.pop().equals(moment)) {
          // began inside, and has no end
        }
        return moment;
      }
    }
    return null;
  }

  private void instant(Journal.Moment moment) {
    describe(
        event(moment.track(), "i", moment.nanos(), 0, name(moment), "tracepoint").put("s", "t"),
        moment);
  }

  private static ObjectNode describe(ObjectNode event, Journal.Moment moment) {
    ObjectNode args = event.putObject("args");
    Tracepoint point = moment.tracepoint();
    if (point != null && !point.detail().isEmpty()) {
      args.put("detail", point.detail());
    }
    return args;
  }

  private static String name(Journal.Moment moment) {
    Tracepoint point = moment.tracepoint();
    return point == null ? EventLabel.of(moment.event()) : point.subject();
  }

  /** From the guest's take to its end, which are steps apart: on a line of its own. */
  private void handlers() {
    record Taken(Track track, int vector, int id) {}
    List<Taken> open = new ArrayList<>();
    int id = 0;
    for (Journal.Entry entry : journal.entries()) {
      for (Journal.Moment moment : entry.moments()) {
        if (moment.event() instanceof VcpuEvent.Take take) {
          Taken taken = new Taken(moment.track(), take.vector(), ++id);
          open.add(taken);
          handler("b", taken.track(), moment.nanos(), taken.vector(), taken.id());
        } else if (moment.event() instanceof VcpuEvent.End end) {
          for (int i = open.size() - 1; i >= 0; i--) {
            Taken taken = open.get(i);
            if (taken.track().equals(moment.track()) && taken.vector() == end.vector()) {
              handler("e", taken.track(), moment.nanos(), taken.vector(), taken.id());
              open.remove(i);
              break;
            }
          }
        }
      }
    }
    open.forEach(taken -> handler("e", taken.track(), end(), taken.vector(), taken.id()));
  }

  private void handler(String phase, Track track, long nanos, int vector, int id) {
    event(track, phase, nanos, 0, track.thread() + " handles " + vector, "handler").put("id", id);
  }

  private void arrows() {
    int id = 0;
    for (Flows.Flow flow : Flows.of(journal)) {
      id++;
      ImmutableList<Flows.Stop> stops = flow.stops();
      for (int i = 0; i < stops.size(); i++) {
        boolean last = i == stops.size() - 1;
        Flows.Stop stop = stops.get(i);
        ObjectNode arrow =
            event(
                    stop.track(),
                    i == 0 ? "s" : last ? "f" : "t",
                    stop.nanos(),
                    -1,
                    flow.interrupt().toString(),
                    "way of an interrupt")
                .put("id", id);
        if (last) {
          arrow.put("bp", "e");
        }
      }
    }
  }

  private void inForce() {
    Set<Interrupt> bypassed = new HashSet<>();
    counter(0, 0);
    for (Journal.Entry entry : journal.entries()) {
      int before = bypassed.size();
      for (Fact fact : entry.note().facts()) {
        if (fact instanceof Fact.Bypass bypass) {
          if (bypass.on()) {
            bypassed.add(bypass.interrupt());
          } else {
            bypassed.remove(bypass.interrupt());
          }
        }
      }
      if (bypassed.size() != before) {
        counter(entry.span().end(), bypassed.size());
      }
    }
  }

  private void counter(long nanos, int bypassed) {
    event(PHASES, "C", nanos, 0, "interrupts bypassed", "bypass")
        .putObject("args")
        .put("in force", bypassed);
  }

  private ObjectNode slice(Track track, long begin, long end, String name, String category) {
    return event(track, "X", begin, end - begin, name, category).put("dur", micros(end - begin));
  }

  private ObjectNode event(
      Track track, String phase, long nanos, long length, String name, String category) {
    Group process =
        processes.computeIfAbsent(
            track.process(), any -> new Group(processes.size() + 1, new LinkedHashMap<>()));
    int tid = process.threads().computeIfAbsent(track.thread(), any -> ++threads);
    ObjectNode json =
        JsonNodeFactory.instance
            .objectNode()
            .put("name", name)
            .put("cat", category)
            .put("ph", phase)
            .put("ts", micros(nanos))
            .put("pid", process.pid())
            .put("tid", tid);
    events.add(new Event(nanos, length, json));
    return json;
  }

  private static double micros(long nanos) {
    return nanos / 1000.0;
  }
}
