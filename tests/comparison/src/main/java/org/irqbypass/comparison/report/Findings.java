package org.irqbypass.comparison.report;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import org.irqbypass.comparison.account.Account;

/** Says in sentences what the difference between the contenders of a scenario is. */
public final class Findings {
  private Findings() {}

  /**
   * The difference, computed from the accounts and nothing else.
   *
   * @param results one for each contender
   * @return two or three sentences
   */
  public static ImmutableList<String> of(List<ContenderResult> results) {
    if (results.isEmpty()) {
      return ImmutableList.of();
    }
    ImmutableList.Builder<String> findings = ImmutableList.builder();
    findings.add(bypassAndCalls(results), failures(results));
    if (results.stream().anyMatch(result -> result.account().misdirected() > 0)) {
      findings.add(misdirections(results));
    }
    return findings.add(deliveries(results)).build();
  }

  /**
   * Who still used an entry that the guest had replaced, contenders with the same number together.
   */
  private static String misdirections(List<ContenderResult> results) {
    List<String> parts = new ArrayList<>();
    byFigure(results, Account::misdirected)
        .descendingMap()
        .forEach(
            (number, who) ->
                parts.add(
                    (number == 0 ? "never" : Words.times(number)) + " for " + Words.list(who)));
    return "Where the guest had already moved an interrupt, it still went the old way: "
        + String.join(", ", parts)
        + ".";
  }

  private static String bypassAndCalls(List<ContenderResult> results) {
    int fewest = results.stream().mapToInt(r -> r.account().calls()).min().orElse(0);
    Map<String, List<String>> byOutcome = new LinkedHashMap<>();
    for (ContenderResult result : results) {
      Account account = result.account();
      String outcome =
          " bypassed "
              + (account.bypassed() == 0 ? "none" : account.bypassed())
              + " with "
              + (account.forwardingCalls() == 0
                  ? "no call for it"
                  : Words.count(account.forwardingCalls(), "call")
                      + " only for it"
                      + more(account.calls(), fewest));
      byOutcome.computeIfAbsent(outcome, any -> new ArrayList<>()).add(result.contender().label());
    }
    List<String> parts = new ArrayList<>();
    byOutcome.forEach((outcome, who) -> parts.add(Words.list(who) + outcome));
    return "Of "
        + same(results, Account::raised)
        + " interrupts raised, "
        + String.join("; ", parts)
        + ".";
  }

  private static String more(int calls, int fewest) {
    long percent = fewest == 0 ? 0 : Math.round(100.0 * (calls - fewest) / fewest);
    return percent == 0 ? "" : " (" + percent + " % more calls from userspace)";
  }

  private static String failures(List<ContenderResult> results) {
    Map<String, List<String>> byFailure = new LinkedHashMap<>();
    for (ContenderResult result : results) {
      Account account = result.account();
      if (account.failuresTold() > 0) {
        note(
            byFailure,
            result,
            Words.times(account.failuresTold())
                + (account.eagain() == account.failuresTold() ? " with EAGAIN" : "")
                + " and told so"
                + (account.gaveUp() > 0
                    ? ", and gave up on " + Words.count(account.gaveUp(), "interrupt")
                    : ""));
      }
      if (account.failuresUntold() > 0) {
        note(
            byFailure,
            result,
            Words.times(account.failuresUntold())
                + ", for good, and userspace never learned of it");
      }
      if (account.failuresRetried() > 0) {
        note(
            byFailure,
            result,
            Words.times(account.failuresRetried()) + " untold, and tried again without a call");
      }
    }
    List<String> parts = new ArrayList<>();
    byFailure.forEach(
        (failure, who) ->
            parts.add(Words.list(who) + (who.size() > 1 ? " were" : " was") + failure));
    return parts.isEmpty()
        ? "No attempt to pair was refused."
        : Words.sentence(String.join("; ", parts)) + ".";
  }

  private static void note(
      Map<String, List<String>> byFailure, ContenderResult result, String how) {
    byFailure
        .computeIfAbsent(" refused " + how, any -> new ArrayList<>())
        .add(result.contender().label());
  }

  private static String deliveries(List<ContenderResult> results) {
    List<String> broken = new ArrayList<>();
    for (ContenderResult result : results) {
      int lost = result.account().lost();
      int duplicated = result.account().duplicated();
      if (lost + duplicated > 0) {
        broken.add(result.contender() + " lost " + lost + " and duplicated " + duplicated);
      }
    }
    String verdict =
        broken.isEmpty()
            ? "None lost or duplicated an interrupt"
            : Words.sentence(Words.list(broken));
    return verdict + "; " + exits(results) + ".";
  }

  /** Who has how many exits, contenders with the same number together. */
  private static String exits(List<ContenderResult> results) {
    NavigableMap<Integer, List<String>> byExits =
        byFigure(results, account -> account.exits().total());
    if (byExits.size() == 1) {
      int exits = byExits.firstKey();
      return "interrupts cost each of them " + Words.count(exits, "exit");
    }
    List<String> parts = new ArrayList<>();
    byExits.forEach((exits, who) -> parts.add(exits + " for " + Words.list(who)));
    return "the exits that interrupts cost were " + String.join(", ", parts);
  }

  /** Contenders with the same figure together, by it. */
  private static NavigableMap<Integer, List<String>> byFigure(
      List<ContenderResult> results, ToIntFunction<Account> figure) {
    NavigableMap<Integer, List<String>> byFigure = new TreeMap<>();
    for (ContenderResult result : results) {
      byFigure
          .computeIfAbsent(figure.applyAsInt(result.account()), any -> new ArrayList<>())
          .add(result.contender().label());
    }
    return byFigure;
  }

  private static String same(List<ContenderResult> results, ToIntFunction<Account> figure) {
    List<String> distinct =
        results.stream()
            .map(result -> Integer.toString(figure.applyAsInt(result.account())))
            .distinct()
            .toList();
    return String.join(" or ", distinct);
  }
}
