package org.irqbypass.comparison.contender;

import com.fasterxml.jackson.annotation.JsonValue;
import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.Optional;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.scenario.HostOptions;
import org.irqbypass.scenario.Scenario;

/** Who runs a scenario: with which design, and how. */
public enum Contender {
  /** Userspace forwards before signalling is set up, as the proposal of 2015 advises. */
  EXPLICIT_ADVISED(
      "explicit-advised",
      "userspace forwards before it sets up signalling, as the 2015 proposal advises",
      ConnectPolicy.DISABLED),
  /** Userspace forwards after signalling is set up, and tries again on {@code EAGAIN}. */
  EXPLICIT_LATE(
      "explicit-late",
      "userspace forwards after it has set up signalling, and tries again on EAGAIN",
      ConnectPolicy.DISABLED),
  /** The registry as in Linux; userspace adds nothing. */
  AUTOMATIC_LINUX(
      "automatic-linux",
      "the registry pairs, as Linux 6.17 does; userspace adds nothing",
      ConnectPolicy.OPPORTUNISTIC),
  /** The registry with the policy that tries again; userspace adds nothing. */
  AUTOMATIC_RETRY(
      "automatic-retry",
      "the registry pairs, and tries again by itself after EAGAIN; userspace adds nothing",
      ConnectPolicy.RETRY);

  private final String label;
  private final String description;
  private final ConnectPolicy automaticPolicy;

  Contender(String label, String description, ConnectPolicy automaticPolicy) {
    this.label = label;
    this.description = description;
    this.automaticPolicy = automaticPolicy;
  }

  /** The contender of a name, if there is one. */
  public static Optional<Contender> named(String label) {
    return Arrays.stream(values()).filter(c -> c.label.equals(label)).findFirst();
  }

  /** What the command line calls the contenders, in their order. */
  public static ImmutableList<String> labels() {
    return Arrays.stream(values()).map(Contender::label).collect(ImmutableList.toImmutableList());
  }

  /** What the command line calls it. */
  @JsonValue
  public String label() {
    return label;
  }

  /** What it does, in one line. */
  public String description() {
    return description;
  }

  /** The policy of the producers and consumers that VFIO and KVM register by themselves. */
  public ConnectPolicy automaticPolicy() {
    return automaticPolicy;
  }

  /** The host on which it runs a scenario. */
  public HostOptions hostFor(Scenario scenario) {
    return HostOptions.of(scenario).withAutomatic(automaticPolicy);
  }

  /** Whether userspace makes calls for forwarding. */
  public boolean isExplicit() {
    return automaticPolicy == ConnectPolicy.DISABLED;
  }

  @Override
  public String toString() {
    return label;
  }
}
