package org.irqbypass.comparison.catalogue;

import org.irqbypass.scenario.Scenario;

/**
 * Something the contenders run.
 *
 * @param scenario its steps
 * @param origin where it comes from, for people
 * @param recorded whether it is a session that was recorded
 */
public record Subject(Scenario scenario, String origin, boolean recorded) {
  /** What the command line calls it. */
  public String name() {
    return scenario.name();
  }

  /** The same on another host. */
  public Subject on(String platform) {
    return new Subject(scenario.on(platform), origin, recorded);
  }
}
