package org.irqbypass.comparison.report;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
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
    return ImmutableList.of(bypassAndCalls(results), failures(results), deliveries(results));
  }

  private static String bypassAndCalls(List<ContenderResult> results) {
    List<String> parts = new ArrayList<>();
    for (ContenderResult result : results) {
      Account account = result.account();
      parts.add(
          account.bypassed()
              + " by "
              + result.contender()
              + " with "
              + Words.count(account.forwardingCalls(), "call"));
    }
    return "Of "
        + same(results, Account::raised)
        + " interrupts raised, the number bypassed and the calls made only for that were: "
        + Words.list(parts)
        + ".";
  }

  private static String failures(List<ContenderResult> results) {
    List<String> parts = new ArrayList<>();
    for (ContenderResult result : results) {
      Account account = result.account();
      if (account.failuresTold() > 0) {
        parts.add(
            result.contender()
                + " was refused "
                + Words.times(account.failuresTold())
                + " and told so"
                + (account.gaveUp() > 0
                    ? ", and gave up on " + Words.count(account.gaveUp(), "interrupt")
                    : ""));
      }
      if (account.failuresUntold() > 0) {
        parts.add(
            result.contender()
                + " was refused "
                + Words.times(account.failuresUntold())
                + " and userspace never learned of it");
      }
      if (account.failuresRetried() > 0) {
        parts.add(
            result.contender()
                + " was refused "
                + Words.times(account.failuresRetried())
                + " and paired later without a call");
      }
    }
    return parts.isEmpty()
        ? "No attempt to pair was refused."
        : Words.sentence(String.join("; ", parts)) + ".";
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
    Map<Integer, List<String>> byExits = new TreeMap<>();
    for (ContenderResult result : results) {
      byExits
          .computeIfAbsent(result.account().exits().total(), any -> new ArrayList<>())
          .add(result.contender().label());
    }
    if (byExits.size() == 1) {
      int exits = byExits.keySet().iterator().next();
      return "interrupts cost each of them " + Words.count(exits, "exit");
    }
    List<String> parts = new ArrayList<>();
    byExits.forEach((exits, who) -> parts.add(exits + " for " + Words.list(who)));
    return "the exits that interrupts cost were " + String.join(", ", parts);
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
