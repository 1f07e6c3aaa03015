package org.irqbypass.comparison.cost;

import com.google.common.collect.ImmutableList;
import com.google.common.primitives.ImmutableLongArray;
import java.util.ArrayList;
import java.util.EnumMap;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.irqbypass.comparison.account.Destination;
import org.irqbypass.comparison.account.Fact;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.comparison.account.Way;
import org.irqbypass.comparison.contender.Trial;

/**
 * A run in modelled time: one clock for all, from 0, in nanoseconds. Each step begins when the one
 * before it has ended, and takes as long as what happened in it costs. The same run and the same
 * costs give the same times.
 *
 * @param ends when each step ends, with the deferred work it left
 * @param raises what devices asserted, in order
 * @param deliveries what guests took, in order
 * @param windows where bypass was possible and not in force, in the order in which that ended
 * @param modelled the figures of a report
 */
public record Timeline(
    ImmutableLongArray ends,
    ImmutableList<Raise> raises,
    ImmutableList<Delivery> deliveries,
    ImmutableList<SlowWindow> windows,
    ModelledTime modelled) {
  /**
   * A device asserted an interrupt.
   *
   * @param interrupt which
   * @param at when
   * @param way what became of it
   */
  public record Raise(Interrupt interrupt, long at, Way way) {}

  /**
   * A guest took an interrupt.
   *
   * @param interrupt which
   * @param raised when its device asserted it, the first of those that merged
   * @param taken when the guest took it
   */
  public record Delivery(Interrupt interrupt, long raised, long taken) {
    /** How long that took. */
    public long latency() {
      return taken - raised;
    }
  }

  /**
   * From the moment bypass of an interrupt was possible until it was in force, or until an end of
   * it was gone. What userspace itself un-forwards ahead of a teardown opens one only if an
   * interrupt falls into it.
   *
   * @param interrupt whose
   * @param from when it became possible, or was taken back
   * @param to when it came in force, or was not possible any more
   * @param raised how often the device asserted the interrupt in between
   * @param closed whether bypass was in force afterwards
   */
  public record SlowWindow(Interrupt interrupt, long from, long to, int raised, boolean closed) {
    /** How long it was. */
    public long length() {
      return to - from;
    }
  }

  /**
   * Gives a run its times.
   *
   * @param trial the run
   * @param model what things cost
   * @return its timeline
   */
  public static Timeline of(Trial trial, CostModel model) {
    Reader reader = new Reader(model.prices(trial.platform()));
    ImmutableLongArray.Builder ends = ImmutableLongArray.builder();
    for (int i = 0; i < trial.notes().size(); i++) {
      String name = trial.execution().steps().get(i).operation().name();
      if (name.equals("teardown")) {
        reader.end();
      }
      if (!name.equals("mark")) {
        reader.charge(Cost.MOVE);
      }
      trial.notes().get(i).facts().forEach(reader::take);
      ends.add(reader.now);
    }
    reader.end();
    return new Timeline(
        ends.build(),
        ImmutableList.copyOf(reader.raises),
        ImmutableList.copyOf(reader.deliveries),
        ImmutableList.copyOf(reader.windows),
        reader.modelled(model.lowest(trial.platform()), model.highest(trial.platform())));
  }

  /** When a step begins: when the one before it ends. */
  public long startOf(int step) {
    return step == 0 ? 0 : ends.get(step - 1);
  }

  /** When a step ends, with the deferred work it left. */
  public long endOf(int step) {
    return ends.get(step);
  }

  /** When the run ends. */
  public long end() {
    return ends.isEmpty() ? 0 : ends.get(ends.length() - 1);
  }

  /** Reads facts in their order, and lets the clock go on with what they cost. */
  private static final class Reader {
    private final Prices prices;
    private final Map<Cost, Integer> counts = new EnumMap<>(Cost.class);
    private final List<Raise> raises = new ArrayList<>();
    private final List<Delivery> deliveries = new ArrayList<>();
    private final List<SlowWindow> windows = new ArrayList<>();

    /** What a device raised and no guest has taken, and since when. */
    private final Map<Interrupt, Long> outstanding = new LinkedHashMap<>();

    /** What is pending in a guest, by where. */
    private final Map<Destination, Set<Interrupt>> pending = new LinkedHashMap<>();

    private final Map<Interrupt, Ends> ends = new TreeMap<>();

    private long now;

    Reader(Prices prices) {
      this.prices = prices;
    }

    void charge(Cost cost) {
      counts.merge(cost, 1, Integer::sum);
      now += prices.of(cost);
    }

    void take(Fact fact) {
      if (fact instanceof Fact.Called) {
        charge(Cost.CALL);
      } else if (fact instanceof Fact.Worked worked) {
        charge(cost(worked.work()));
      } else if (fact instanceof Fact.Exited exited) {
        charge(exited.reason() == Fact.Exited.Reason.KICK ? Cost.EXIT : Cost.EOI_TRAP);
      } else if (fact instanceof Fact.WokenUp) {
        charge(Cost.WAKE_UP);
      } else if (fact instanceof Fact.Raised raised) {
        raise(raised);
      } else if (fact instanceof Fact.Fired fired) {
        outstanding.putIfAbsent(fired.interrupt(), now);
      } else if (fact instanceof Fact.Reached reached) {
        outstanding.putIfAbsent(reached.interrupt(), now);
        pending
            .computeIfAbsent(reached.destination(), any -> new LinkedHashSet<>())
            .add(reached.interrupt());
      } else if (fact instanceof Fact.Taken taken) {
        deliver(taken.destination());
      } else if (fact instanceof Fact.Possible possible) {
        ends(possible.interrupt()).possible(true);
      } else if (fact instanceof Fact.Impossible impossible) {
        ends(impossible.interrupt()).possible(false);
      } else if (fact instanceof Fact.Bypass bypass) {
        ends(bypass.interrupt()).bypass(bypass.on(), bypass.asked());
      }
    }

    /** What is still there goes; nobody waits for bypass any more. */
    void end() {
      ends.values().forEach(each -> each.possible(false));
    }

    ModelledTime modelled(Prices lowest, Prices highest) {
      Charges charges = Charges.of(counts);
      return new ModelledTime(
          charges.nanos(prices, Cost::isOfCalls),
          charges.nanos(prices, Cost::isOfInterrupts),
          charges.nanos(lowest),
          charges.nanos(highest),
          Latency.of(deliveries),
          windows.stream().mapToLong(SlowWindow::length).max().orElse(0),
          charges);
    }

    private static Cost cost(Fact.Worked.Work work) {
      return switch (work) {
        case HOST_IRQ -> Cost.HOST_IRQ;
        case SIGNAL -> Cost.SIGNAL;
        case INJECTION -> Cost.INJECTION;
        case DEFERRAL -> Cost.DEFERRAL;
        case POSTING -> Cost.POSTING;
        case RESAMPLE -> Cost.RESAMPLE;
        case UNMASK -> Cost.UNMASK;
        case REGISTRY_CALL -> Cost.REGISTRY_CALL;
      };
    }

    private void raise(Fact.Raised raised) {
      raises.add(new Raise(raised.interrupt(), now, raised.way()));
      if (raised.way() != Way.UNTRIGGERED) {
        outstanding.putIfAbsent(raised.interrupt(), now);
        ends(raised.interrupt()).raised++;
      }
    }

    private void deliver(Destination destination) {
      Set<Interrupt> owners = pending.remove(destination);
      if (owners == null) {
        return; // no device's, or taken again
      }
      for (Interrupt interrupt : owners) {
        Long since = outstanding.remove(interrupt);
        if (since != null) {
          deliveries.add(new Delivery(interrupt, since, now));
        }
      }
    }

    private Ends ends(Interrupt interrupt) {
      return ends.computeIfAbsent(interrupt, Ends::new);
    }

    /** Whether an interrupt's two ends are there, and whether it is bypassed. */
    private final class Ends {
      private final Interrupt interrupt;
      private boolean possible;
      private boolean inForce;
      private long since;
      private int raised;

      /** Userspace itself asked for the window, ahead of a teardown. */
      private boolean takenDown;

      Ends(Interrupt interrupt) {
        this.interrupt = interrupt;
      }

      void possible(boolean now) {
        change(now, inForce, false);
      }

      void bypass(boolean on, boolean asked) {
        change(possible, on, asked);
      }

      private void change(boolean nowPossible, boolean nowInForce, boolean asked) {
        boolean was = possible && !inForce;
        boolean is = nowPossible && !nowInForce;
        if (was && !is) {
          if (raised > 0 || (now > since && (nowInForce || !takenDown))) {
            windows.add(new SlowWindow(interrupt, since, now, raised, nowInForce));
          }
        } else if (!was && is) {
          since = now;
          raised = 0;
          takenDown = asked;
        }
        possible = nowPossible;
        inForce = nowInForce;
      }
    }
  }
}
