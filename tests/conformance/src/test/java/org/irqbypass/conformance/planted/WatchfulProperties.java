package org.irqbypass.conformance.planted;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import java.util.function.Function;
import org.irqbypass.comparison.explore.Moment;
import org.irqbypass.comparison.explore.Property;
import org.irqbypass.kvm.Irqfd;
import org.irqbypass.kvm.KvmEvent;
import org.irqbypass.kvm.Vm;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.scenario.Execution;
import org.irqbypass.scenario.Outcome;
import org.irqbypass.scenario.SimulatedHost;
import org.irqbypass.trace.TraceEvent;
import org.jspecify.annotations.Nullable;

/** What a user's own properties look like: these hold on every healthy host. */
final class WatchfulProperties {
  private WatchfulProperties() {}

  private record Watchful(String name, Function<Moment, @Nullable String> check)
      implements Property {
    @Override
    public @Nullable String violation(Moment moment) {
      return check.apply(moment);
    }
  }

  static ImmutableList<Property> all() {
    return ImmutableList.of(
        new Watchful("nobody-in-the-way", WatchfulProperties::ghost),
        new Watchful("nothing-misdirected", WatchfulProperties::misdirected),
        new Watchful("nobody-programs-what-is-freed", WatchfulProperties::freed),
        new Watchful("calls-leave-nothing-behind", WatchfulProperties::leftBehind));
  }

  /** Nobody is refused for the sake of somebody who has gone. */
  private static @Nullable String ghost(Moment moment) {
    SimulatedHost host = moment.host();
    for (String name : host.descriptors().openOf("vm:")) {
      Vm vm = host.kvm().vm(host.descriptors().fd(name));
      for (Irqfd irqfd : vm.irqfds()) {
        if (irqfd.status().reason() == BypassReason.DUPLICATE_TOKEN) {
          return irqfd + " is refused, and no other irqfd has its eventfd";
        }
      }
    }
    return null;
  }

  /** {@link StrictPlatform} refuses that; KVM has nobody to tell. */
  private static @Nullable String freed(Moment moment) {
    for (Execution.Step step : moment.lastSteps()) {
      for (TraceEvent event : step.outcome().events()) {
        if (event instanceof KvmEvent.BypassDelProducerFailed failed) {
          return failed.consumer() + " programs an interrupt that was freed";
        }
      }
    }
    return null;
  }

  /**
   * Of the registry called directly: who is stopped is started, a call that fails leaves nobody
   * known to anybody, and when all have gone everybody is welcome.
   */
  private static @Nullable String leftBehind(Moment moment) {
    for (Execution.Step step : moment.lastSteps()) {
      if (!step.operation().name().equals("byp")) {
        continue;
      }
      Outcome outcome = step.outcome();
      String calls = String.valueOf(outcome.out().get("calls"));
      if (count(calls, ".stop") != count(calls, ".start")) {
        return step.operation() + " stops and does not start: " + calls;
      }
      boolean added = calls.contains(".add_producer") && calls.contains("=0");
      if (!outcome.succeeded() && added && !calls.contains(".del_producer")) {
        return step.operation() + " fails and leaves a producer behind: " + calls;
      }
      if (moment.over() && !outcome.succeeded()) {
        return step.operation() + " is refused, and there is nobody else";
      }
    }
    return null;
  }

  private static int count(String text, String piece) {
    return Splitter.on(piece).splitToList(text).size() - 1;
  }

  private static @Nullable String misdirected(Moment moment) {
    return moment.account().misdirected() == 0
        ? null
        : "an interrupt came through an entry that the guest had replaced";
  }
}
