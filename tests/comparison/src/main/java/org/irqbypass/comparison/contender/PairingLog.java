package org.irqbypass.comparison.contender;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassSide;
import org.irqbypass.registry.BypassToken;
import org.irqbypass.registry.RegistryEvent;
import org.irqbypass.scenario.Descriptors;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.Outcome;
import org.irqbypass.trace.TraceEvent;
import org.jspecify.annotations.Nullable;

/**
 * Watches a run of {@code automatic-linux} and writes down each pairing: what an explicit userspace
 * would have had to ask for. Also keeps what userspace could name before each step.
 */
final class PairingLog {
  private final List<Draft> drafts = new ArrayList<>();

  /** Pairings that hold, or were refused and whose sides are still there, by token. */
  private final Map<BypassToken, Draft> open = new LinkedHashMap<>();

  /**
   * The sides of refused pairings: their going is the end of what userspace would have forwarded.
   */
  private final Map<BypassSide, BypassToken> refusedSides = new HashMap<>();

  private final List<Situation> situations = new ArrayList<>();

  PairingLog() {}

  private static final class Draft {
    final Interrupt interrupt;
    final Binding binding;
    final int setUp;
    final int met;
    final boolean refused;
    @Nullable String route;
    @Nullable Integer undone;
    final List<Integer> rerouted = new ArrayList<>();

    Draft(
        Interrupt interrupt,
        Binding binding,
        int setUp,
        int met,
        boolean refused,
        @Nullable String route) {
      this.interrupt = interrupt;
      this.binding = binding;
      this.setUp = setUp;
      this.met = met;
      this.refused = refused;
      this.route = route;
    }

    Pairing close(@Nullable String firstRoute) {
      return new Pairing(
          interrupt,
          binding,
          setUp,
          met,
          refused,
          firstRoute,
          undone,
          ImmutableList.copyOf(rerouted));
    }
  }

  /** Called before each step. */
  void before(Wiring wiring) {
    situations.add(wiring.situation());
  }

  /** The number of the scenario's step that runs, or ran last; 0 before the first. */
  int step() {
    return Math.max(0, situations.size() - 1);
  }

  /** Called after each step, when the wiring has taken note of it. */
  void after(int step, Operation operation, Outcome outcome, Wiring wiring, Descriptors names) {
    for (TraceEvent event : outcome.events()) {
      if (event instanceof RegistryEvent.Connected connected) {
        met(step, connected.producer(), connected.consumer(), false, wiring, names);
      } else if (event instanceof RegistryEvent.Refused refused) {
        met(step, refused.producer(), refused.consumer(), true, wiring, names);
      } else if (event instanceof RegistryEvent.Disconnected disconnected) {
        undone(step, disconnected.producer().token());
      } else if (event instanceof RegistryEvent.Entered entered
          && (entered.call() == RegistryEvent.Call.UNREGISTER_PRODUCER
              || entered.call() == RegistryEvent.Call.UNREGISTER_CONSUMER)) {
        undone(step, refusedSides.remove(entered.side()));
      }
    }
    if (operation.name().equals("kvm.routing")) {
      for (Draft draft : open.values()) {
        String now = wiring.route(draft.binding.vm(), draft.binding.gsi());
        if (!Objects.equals(draft.route, now)) {
          draft.rerouted.add(step);
          draft.route = now;
        }
      }
    }
  }

  private void met(
      int step,
      BypassProducer producer,
      BypassConsumer consumer,
      boolean refused,
      Wiring wiring,
      Descriptors names) {
    if (!(producer.token() instanceof EventfdContext eventfd)) {
      return;
    }
    String name = baseName(names.nameOf(eventfd));
    Binding binding = wiring.binding(name);
    Interrupt interrupt =
        wiring.triggers().entrySet().stream()
            .filter(entry -> entry.getValue().equals(name))
            .map(Map.Entry::getKey)
            .findFirst()
            .orElse(null);
    if (binding == null || interrupt == null) {
      return; // made and undone within one step: nobody could have asked for it
    }
    Draft draft =
        new Draft(
            interrupt,
            binding,
            wiring.triggerStep(interrupt),
            step,
            refused,
            wiring.route(binding.vm(), binding.gsi()));
    drafts.add(draft);
    open.put(eventfd, draft);
    if (refused) {
      refusedSides.put(producer, eventfd);
      refusedSides.put(consumer, eventfd);
    }
  }

  private void undone(int step, @Nullable BypassToken token) {
    Draft draft = token == null ? null : open.remove(token);
    if (draft != null) {
      draft.undone = step;
    }
  }

  /** The name under which an eventfd was made, without the number of a later one of that name. */
  static String baseName(String name) {
    int number = name.indexOf('#');
    return number < 0 ? name : name.substring(0, number);
  }

  /** What was paired, in the order in which the two ends met. */
  ImmutableList<Pairing> pairings() {
    return drafts.stream()
        .map(draft -> draft.close(routeWhenMet(draft)))
        .collect(ImmutableList.toImmutableList());
  }

  private @Nullable String routeWhenMet(Draft draft) {
    // Routes change only in steps of their own, so before the meeting step it was the same.
    return situations
        .get(draft.met)
        .routes()
        .get(draft.binding.vm() + "/" + Integer.toUnsignedString(draft.binding.gsi()));
  }

  /** What userspace could name before each step. */
  ImmutableList<Situation> situations() {
    return ImmutableList.copyOf(situations);
  }
}
