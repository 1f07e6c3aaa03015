package org.irqbypass.comparison.report;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.google.common.collect.ImmutableList;

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
    ImmutableList<String> notes) {
  /** Whether a contender lost or duplicated an interrupt. */
  @JsonIgnore
  public boolean isViolated() {
    return results.stream()
        .anyMatch(result -> result.account().lost() + result.account().duplicated() > 0);
  }
}
