package org.irqbypass.comparison.contender;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.host.BypassMode;
import org.irqbypass.scenario.Scenario;

/**
 * When an explicit userspace makes which call, derived from what {@code automatic-linux} paired:
 * one call to forward for each pairing made or refused, one to un-forward for each undone, one more
 * for each route changed under a live pairing.
 */
public final class Plan {
  /** What is to be done about a pairing. */
  public enum Kind {
    UNFORWARD,
    FORWARD,
    REISSUE
  }

  /**
   * A call to make.
   *
   * @param kind which
   * @param pairing for what
   * @param why in words
   */
  public record Action(Kind kind, Pairing pairing, String why) {}

  private final Map<Integer, List<Action>> before = new HashMap<>();
  private final Map<Integer, List<Action>> after = new HashMap<>();

  private Plan() {}

  /**
   * The plan of a contender for a scenario: nothing for automatic ones; for explicit ones what
   * {@code automatic-linux} paired when it ran the scenario as written.
   *
   * @param scenario what is to be run
   * @param contender who will
   * @return when to make which call
   * @throws org.irqbypass.scenario.InputException if a step makes no sense on the scenario's host
   * @throws org.irqbypass.scenario.PlatformException if there is no such host
   */
  public static Plan of(Scenario scenario, Contender contender) {
    if (!contender.isExplicit()) {
      return new Plan();
    }
    ContenderRun base = new ContenderRun(scenario, Contender.AUTOMATIC_LINUX);
    for (int i = 0; i < scenario.steps().size(); i++) {
      base.written(i);
    }
    return of(
        contender,
        base.log().pairings(),
        base.log().situations(),
        base.host().interrupts().platform().bypass() == BypassMode.FORWARDED);
  }

  /**
   * The plan of a contender.
   *
   * @param contender an explicit one
   * @param pairings what {@code automatic-linux} did
   * @param situations what could be named before each step
   * @param wiredOnly whether the host forwards wired interrupts, whose guest interrupt can be named
   *     without a route
   */
  static Plan of(
      Contender contender, List<Pairing> pairings, List<Situation> situations, boolean wiredOnly) {
    Plan plan = new Plan();
    Map<Interrupt, Integer> lastUndone = new HashMap<>();
    for (Pairing pairing : pairings) {
      Integer undone = pairing.undone();
      if (undone == null || undone > pairing.met()) {
        if (contender == Contender.EXPLICIT_LATE) {
          plan.after(pairing.met(), Kind.FORWARD, pairing, "both ends are set up");
        } else {
          int earliest =
              Math.max(pairing.setUp(), lastUndone.getOrDefault(pairing.interrupt(), -1) + 1);
          int at = earliest;
          while (at < pairing.met() && !canName(pairing, situations.get(at), wiredOnly)) {
            at++;
          }
          plan.before(
              at,
              Kind.FORWARD,
              pairing,
              at == pairing.setUp()
                  ? "signalling is about to be set up"
                  : "from here on the guest's interrupt can be named");
        }
        for (int rerouted : pairing.rerouted()) {
          plan.after(rerouted, Kind.REISSUE, pairing, "the guest changed the route");
        }
        if (undone != null) {
          plan.before(undone, Kind.UNFORWARD, pairing, "the next call takes the ends apart");
        }
      }
      if (undone != null) {
        lastUndone.merge(pairing.interrupt(), undone, Math::max);
      }
    }
    return plan;
  }

  private static boolean canName(Pairing pairing, Situation situation, boolean wiredOnly) {
    String vm = pairing.binding().vm();
    if (!situation.chips().contains(vm)) {
      return false;
    }
    if (situation.forwarders().containsKey(vm)
        && !situation.groups().contains(vm + "/" + pairing.interrupt().device())) {
      return false; // the scenario adds the group itself, later
    }
    String route =
        situation.routes().get(vm + "/" + Integer.toUnsignedString(pairing.binding().gsi()));
    return wiredOnly || (route != null && Objects.equals(route, pairing.route()));
  }

  private void before(int step, Kind kind, Pairing pairing, String why) {
    before.computeIfAbsent(step, any -> new ArrayList<>()).add(new Action(kind, pairing, why));
  }

  private void after(int step, Kind kind, Pairing pairing, String why) {
    after.computeIfAbsent(step, any -> new ArrayList<>()).add(new Action(kind, pairing, why));
  }

  /**
   * What to do before a step: what ends comes first.
   *
   * @param step its place in the scenario
   * @return perhaps nothing
   */
  public ImmutableList<Action> before(int step) {
    return sorted(before.get(step));
  }

  /**
   * What to do after a step.
   *
   * @param step its place in the scenario
   * @return perhaps nothing
   */
  public ImmutableList<Action> after(int step) {
    return sorted(after.get(step));
  }

  private static ImmutableList<Action> sorted(
      @org.jspecify.annotations.Nullable List<Action> actions) {
    return actions == null
        ? ImmutableList.of()
        : ImmutableList.sortedCopyOf(java.util.Comparator.comparing(Action::kind), actions);
  }
}
