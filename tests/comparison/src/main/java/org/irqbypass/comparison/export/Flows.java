package org.irqbypass.comparison.export;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.irqbypass.comparison.account.Destination;
import org.irqbypass.comparison.account.Fact;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.comparison.account.Way;
import org.irqbypass.eventfd.EventfdEvent;
import org.irqbypass.host.HostIrqEvent;
import org.irqbypass.kvm.KvmEvent;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.kvm.x86.X86Event;
import org.irqbypass.trace.TraceEvent;

/** Follows each interrupt from the device that raises it to the guest that takes it. */
final class Flows {
  /**
   * The way of one interrupt.
   *
   * @param interrupt which
   * @param stops where it came by, in order: the device first, the guest last; at least two
   */
  record Flow(Interrupt interrupt, ImmutableList<Stop> stops) {}

  /**
   * Where an interrupt came by.
   *
   * @param nanos when
   * @param track where
   */
  record Stop(long nanos, Track track) {}

  private static final class Travelling {
    private final Interrupt interrupt;
    private final List<Stop> stops = new ArrayList<>();

    Travelling(Interrupt interrupt) {
      this.interrupt = interrupt;
    }
  }

  private final List<Flow> flows = new ArrayList<>();

  /** Raised and not yet pending in a guest. */
  private final Map<Interrupt, List<Travelling>> raised = new HashMap<>();

  private final Map<Destination, List<Travelling>> pending = new HashMap<>();

  private Flows() {}

  /** The ways that lead to a guest; what gets lost, waits for ever or merges has none. */
  static ImmutableList<Flow> of(Journal journal) {
    Flows following = new Flows();
    journal.entries().forEach(following::follow);
    return ImmutableList.copyOf(following.flows);
  }

  /** Whether an event is a station on an interrupt's way. */
  static boolean isStation(TraceEvent event) {
    return event instanceof EventfdEvent.Signal
        || event instanceof KvmEvent.SetIrq
        || event instanceof X86Event.MsiSetIrq
        || event instanceof VcpuEvent.Posted
        || event instanceof HostIrqEvent.Raised;
  }

  private void follow(Journal.Entry entry) {
    ImmutableList<Fact> facts = entry.note().facts();
    ImmutableSet<Interrupt> moving = moving(facts);
    for (Fact fact : facts) {
      if (fact instanceof Fact.Raised one) {
        if (one.way() != Way.UNTRIGGERED && one.way() != Way.MERGED) {
          Travelling travelling = new Travelling(one.interrupt());
          travelling.stops.add(new Stop(entry.span().begin(), entry.track()));
          raised.computeIfAbsent(one.interrupt(), any -> new ArrayList<>()).add(travelling);
        }
      }
    }
    if (moving.size() == 1) {
      raised
          .getOrDefault(moving.iterator().next(), List.of())
          .forEach(travelling -> stations(entry, travelling));
    }
    for (Fact fact : facts) {
      if (fact instanceof Fact.Reached reached) {
        List<Travelling> arrived = raised.remove(reached.interrupt());
        if (arrived != null) {
          pending.computeIfAbsent(reached.destination(), any -> new ArrayList<>()).addAll(arrived);
        }
      } else if (fact instanceof Fact.Taken taken) {
        taken(entry, taken.destination());
      }
    }
  }

  /** The interrupts that are on their way in a step: only of one alone is it clear what is its. */
  private static ImmutableSet<Interrupt> moving(ImmutableList<Fact> facts) {
    ImmutableSet.Builder<Interrupt> moving = ImmutableSet.builder();
    for (Fact fact : facts) {
      if (fact instanceof Fact.Raised one) {
        moving.add(one.interrupt());
      } else if (fact instanceof Fact.Fired fired) {
        moving.add(fired.interrupt());
      }
    }
    return moving.build();
  }

  /** The controller first, which is not done before everybody else is; then whoever it tells. */
  private static void stations(Journal.Entry entry, Travelling travelling) {
    ImmutableList<Journal.Moment> moments = entry.moments();
    List<Stop> told = new ArrayList<>();
    for (Journal.Moment moment : moments) {
      if (moment.event() instanceof HostIrqEvent.Raised) {
        long early = (entry.span().begin() + moments.get(0).nanos()) / 2;
        travelling.stops.add(new Stop(early, moment.track()));
        travelling.stops.addAll(told);
        return;
      }
      if (isStation(moment.event())) {
        told.add(new Stop(moment.nanos(), moment.track()));
      }
    }
  }

  private void taken(Journal.Entry entry, Destination destination) {
    List<Travelling> arrived = pending.remove(destination);
    if (arrived == null) {
      return;
    }
    Stop last = new Stop(takenAt(entry, destination), entry.track());
    for (Travelling travelling : arrived) {
      flows.add(
          new Flow(
              travelling.interrupt,
              ImmutableList.<Stop>builder().addAll(travelling.stops).add(last).build()));
    }
  }

  private static long takenAt(Journal.Entry entry, Destination destination) {
    for (Journal.Moment moment : entry.moments()) {
      if (moment.event() instanceof VcpuEvent.Take take && take.vector() == destination.vector()) {
        return moment.nanos();
      }
    }
    return entry.span().begin();
  }
}
