package org.irqbypass.comparison.report;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.fasterxml.jackson.annotation.JsonInclude;
import com.google.common.collect.ImmutableList;
import org.irqbypass.comparison.explore.Exploration;
import org.irqbypass.comparison.storm.StormResult;
import org.jspecify.annotations.Nullable;

/**
 * One scenario as its contenders ran it.
 *
 * @param name what the command line calls it
 * @param title one line
 * @param about what it shows
 * @param origin where it comes from
 * @param platform the host's
 * @param kernel the profile of the kernel's behaviour
 * @param results one for each contender that ran it
 * @param findings what the difference is, in sentences computed from the results
 * @param costFindings what it comes to in modelled time, and whether that depends on the
 *     assumptions, in sentences
 * @param notes what a reader must know to judge the figures
 * @param explorations what all orders of its steps came to, one for each contender; empty unless
 *     they were explored
 * @param storm what the scenario came to at full size; null unless it has a storm
 * @param playback the runs side by side, step by step
 */
public record ScenarioComparison(
    String name,
    String title,
    String about,
    String origin,
    String platform,
    String kernel,
    ImmutableList<ContenderResult> results,
    ImmutableList<String> findings,
    ImmutableList<String> costFindings,
    ImmutableList<String> notes,
    @JsonInclude(JsonInclude.Include.NON_EMPTY) ImmutableList<Exploration> explorations,
    @JsonInclude(JsonInclude.Include.NON_NULL) @Nullable StormResult storm,
    @JsonIgnore Playback playback) {
  /**
   * The same, with what all orders came to.
   *
   * @param explored one for each contender
   * @return with these explorations instead of those it had
   */
  public ScenarioComparison with(ImmutableList<Exploration> explored) {
    return new ScenarioComparison(
        name,
        title,
        about,
        origin,
        platform,
        kernel,
        results,
        findings,
        costFindings,
        notes,
        explored,
        storm,
        playback);
  }

  /**
   * Whether a contender lost or duplicated an interrupt in the order that is written down, or a
   * storm left something unpaired or behind.
   */
  @JsonIgnore
  public boolean isViolated() {
    return (storm != null && !storm.isWhole())
        || results.stream()
            .anyMatch(result -> result.account().lost() + result.account().duplicated() > 0);
  }
}
