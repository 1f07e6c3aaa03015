package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import java.util.function.Supplier;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.contender.ContenderRun;
import org.irqbypass.comparison.contender.Plan;
import org.irqbypass.scenario.HostOptions;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.scenario.SimulatedHost;

/**
 * What is played again and again: a scenario, by a contender, each time on a new host. Immutable,
 * and safe for use from many threads if the hosts are independent of each other.
 *
 * @param scenario what
 * @param contender by whom
 * @param plan what the contender adds
 * @param program what each actor does
 * @param hosts makes a host on which nothing has happened
 * @param properties what must hold, at every state and at the end
 * @param command the command line that explores it, but for contender and schedule
 * @param fine whether others can go on in the middle of a call, where Linux would take a mutex or
 *     may sleep; else it is done as a whole
 */
public record Plot(
    Scenario scenario,
    Contender contender,
    Plan plan,
    Program program,
    Supplier<SimulatedHost> hosts,
    ImmutableList<Property> properties,
    String command,
    boolean fine) {

  /**
   * A scenario as a contender plays it on the host that it describes.
   *
   * @param scenario what
   * @param contender by whom
   * @param properties what must hold
   * @throws org.irqbypass.scenario.InputException if a step makes no sense on the scenario's host
   * @throws org.irqbypass.scenario.PlatformException if there is no such host
   */
  public static Plot of(
      Scenario scenario, Contender contender, ImmutableList<Property> properties) {
    HostOptions options = contender.hostFor(scenario);
    return of(scenario, contender, properties, () -> SimulatedHost.create(options));
  }

  /**
   * A scenario as a contender plays it on hosts of the caller's.
   *
   * @param scenario what
   * @param contender by whom
   * @param properties what must hold
   * @param hosts makes a host, with the contender's policy, on which nothing has happened
   * @throws org.irqbypass.scenario.InputException if a step makes no sense on the scenario's host
   */
  public static Plot of(
      Scenario scenario,
      Contender contender,
      ImmutableList<Property> properties,
      Supplier<SimulatedHost> hosts) {
    Plan plan = Plan.of(scenario, contender);
    return new Plot(
        scenario,
        contender,
        plan,
        Program.of(scenario, plan),
        hosts,
        properties,
        "irqbypass explore " + scenario.name(),
        false);
  }

  /**
   * The same, asked for by a command line.
   *
   * @param asked the command line, but for contender and schedule
   */
  public Plot by(String asked) {
    return new Plot(scenario, contender, plan, program, hosts, properties, asked, fine);
  }

  /** The same with others going on in the middle of calls. */
  public Plot finely() {
    return new Plot(scenario, contender, plan, program, hosts, properties, command, true);
  }

  /** A new run, with everything done that comes before the first step whose order is open. */
  ContenderRun begin() {
    return new ContenderRun(scenario, contender, hosts.get());
  }
}
