package org.irqbypass.comparison.storm;

import java.util.PriorityQueue;
import java.util.SplittableRandom;
import org.HdrHistogram.Histogram;
import org.irqbypass.comparison.cost.Contention;
import org.irqbypass.comparison.cost.CostModel;
import org.irqbypass.scenario.Scenario.Storm;

/**
 * When each thread of a storm comes to the registry, and how long it waits there, in modelled time:
 * between two registrations a thread is busy elsewhere for a time drawn at random, exponentially
 * distributed; who comes to a lock that is taken waits for those who came before. The same storm
 * and the same costs give the same times.
 */
final class Weather {
  /** So that everybody sees the same storm. */
  private static final long SEED = 1;

  /** What of an irqfd comes to the registry. */
  enum Side {
    PRODUCER,
    CONSUMER
  }

  /** Is told of each registration, in the order in which they begin. */
  @FunctionalInterface
  interface Listener {
    /**
     * A side is registered.
     *
     * @param machine whose
     * @param number which of the machine's irqfds
     * @param side which side of it
     */
    void registered(int machine, int number, Side side);
  }

  /** When a thread comes to the registry next, to take which of its turns. */
  private record Arrival(double at, int machine, int turn) implements Comparable<Arrival> {
    @Override
    public int compareTo(Arrival other) {
      int earlier = Double.compare(at, other.at);
      return earlier != 0 ? earlier : Integer.compare(machine, other.machine);
    }
  }

  private final Storm storm;
  private final CostModel model;
  private final SplittableRandom random = new SplittableRandom(SEED);

  Weather(Storm storm, CostModel model) {
    this.storm = storm;
    this.model = model;
  }

  /**
   * How many irqfds a machine has.
   *
   * @param machine its number
   */
  static int share(Storm storm, int machine) {
    return storm.irqfds() / storm.machines()
        + (machine < storm.irqfds() % storm.machines() ? 1 : 0);
  }

  /**
   * Plays a storm through.
   *
   * @param design which registry the threads come to
   * @param listener told in order
   * @return how long irqfds waited
   */
  Histogram play(RegistryDesign design, Listener listener) {
    Side[] sides = Side.values();
    Histogram waits = new Histogram(3);
    double[] free = new double[design.lockOf(storm.irqfds() - 1) + 1];
    PriorityQueue<Arrival> arrivals = new PriorityQueue<>();
    for (int machine = 0; machine < storm.machines(); machine++) {
      arrivals.add(new Arrival(pause(), machine, 0));
    }
    int registered = 0;
    while (!arrivals.isEmpty()) {
      Arrival arrival = arrivals.remove();
      int number = arrival.turn / sides.length;
      Side side = sides[arrival.turn % sides.length];
      int lock = design.lockOf(number * storm.machines() + arrival.machine);
      double begin = Math.max(arrival.at, free[lock]);
      free[lock] = begin + design.holds(model, registered / sides.length);
      registered++;
      if (side == Side.CONSUMER) {
        waits.recordValue(Math.round(begin - arrival.at));
      }
      listener.registered(arrival.machine, number, side);
      if (arrival.turn + 1 < sides.length * share(storm, arrival.machine)) {
        arrivals.add(new Arrival(free[lock] + pause(), arrival.machine, arrival.turn + 1));
      }
    }
    return waits;
  }

  /** How long a thread is busy elsewhere: the inverse of the exponential distribution. */
  private double pause() {
    return -model.nanos(Contention.PAUSE) * StrictMath.log(1 - random.nextDouble());
  }
}
