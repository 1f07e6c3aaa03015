package org.irqbypass.comparison.report;

import com.google.common.collect.ImmutableList;
import org.irqbypass.comparison.cost.Parameter;
import org.irqbypass.comparison.cost.WayCost;

/**
 * Everything a report shows.
 *
 * @param format the version of this structure, 1
 * @param environment where and how it was made
 * @param scenarios what was run, in the order asked for
 * @param costs what modelled time rests on, each with its source or with a range
 * @param ways what one interrupt costs by that, by the way it goes
 */
public record Comparison(
    int format,
    Environment environment,
    ImmutableList<ScenarioComparison> scenarios,
    ImmutableList<Parameter> costs,
    ImmutableList<WayCost> ways) {

  /**
   * What a report was made with. Nothing in it changes from run to run.
   *
   * @param version this program's
   * @param java the JVM's
   * @param system the operating system's
   * @param command the command that makes this report again
   */
  public record Environment(String version, String java, String system, String command) {}
}
