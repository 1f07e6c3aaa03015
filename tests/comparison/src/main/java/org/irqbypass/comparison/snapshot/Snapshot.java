package org.irqbypass.comparison.snapshot;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.Collection;
import org.irqbypass.scenario.SimulatedHost;

/**
 * A picture of a host between two steps: every interrupt that somebody has set up, every irqfd, and
 * every vCPU. Immutable.
 *
 * @param interrupts by name: those of devices in their order, then irqfds without a device
 * @param vcpus by name
 */
public record Snapshot(
    ImmutableMap<String, InterruptRow> interrupts, ImmutableMap<String, VcpuRow> vcpus) {
  /** Nothing is there yet. */
  public static final Snapshot EMPTY = new Snapshot(ImmutableMap.of(), ImmutableMap.of());

  /**
   * What two pictures differ in.
   *
   * @param interrupts those that are new or have changed, as they are now
   * @param vcpus those that are new or have changed, as they are now
   * @param gone the names of those that are not there any more
   */
  public record Changes(
      ImmutableList<InterruptRow> interrupts,
      ImmutableList<VcpuRow> vcpus,
      ImmutableList<String> gone) {
    /** Whether nothing has changed. */
    public boolean isEmpty() {
      return interrupts.isEmpty() && vcpus.isEmpty() && gone.isEmpty();
    }
  }

  /**
   * Looks at a host, and leaves it as it is. For the thread that runs the host.
   *
   * @param host between two steps
   * @return as it is now
   */
  public static Snapshot of(SimulatedHost host) {
    return new Photographer(host).picture();
  }

  /**
   * What has changed.
   *
   * @param before an earlier picture of the same host
   * @return what is to be added to it, and removed from it, to make this one
   */
  public Changes since(Snapshot before) {
    ImmutableList.Builder<String> gone = ImmutableList.builder();
    gone.addAll(missing(before.interrupts, interrupts));
    gone.addAll(missing(before.vcpus, vcpus));
    return new Changes(
        changed(before.interrupts, interrupts), changed(before.vcpus, vcpus), gone.build());
  }

  private static Collection<String> missing(
      ImmutableMap<String, ?> before, ImmutableMap<String, ?> now) {
    return before.keySet().stream()
        .filter(name -> !now.containsKey(name))
        .collect(ImmutableList.toImmutableList());
  }

  private static <T> ImmutableList<T> changed(
      ImmutableMap<String, T> before, ImmutableMap<String, T> now) {
    return now.entrySet().stream()
        .filter(row -> !row.getValue().equals(before.get(row.getKey())))
        .map(row -> row.getValue())
        .collect(ImmutableList.toImmutableList());
  }
}
