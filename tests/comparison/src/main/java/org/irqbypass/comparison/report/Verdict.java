package org.irqbypass.comparison.report;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.ToIntFunction;
import org.irqbypass.comparison.account.Account;
import org.irqbypass.comparison.contender.Contender;

/**
 * What all scenarios together say: who needs fewer calls, who bypasses more, who tells of failures.
 *
 * @param answers in the order in which one asks
 * @param totals one for each contender that ran
 */
record Verdict(ImmutableList<Answer> answers, ImmutableList<Total> totals) {
  /**
   * An answer.
   *
   * @param question what one asks first
   * @param answer in few words
   * @param reason the figures behind it
   */
  record Answer(String question, String answer, String reason) {}

  /** One contender's sums over all scenarios it ran. */
  record Total(
      Contender contender,
      int calls,
      int forwardingCalls,
      int raised,
      int bypassed,
      int exits,
      int told,
      int untold,
      int retried,
      int misdirected,
      int lost,
      int duplicated) {}

  static Verdict of(List<ScenarioComparison> scenarios) {
    Map<Contender, List<Account>> accounts = new EnumMap<>(Contender.class);
    for (ScenarioComparison scenario : scenarios) {
      for (ContenderResult result : scenario.results()) {
        accounts
            .computeIfAbsent(result.contender(), any -> new ArrayList<>())
            .add(result.account());
      }
    }
    ImmutableList.Builder<Total> totals = ImmutableList.builder();
    accounts.forEach((contender, each) -> totals.add(total(contender, each)));
    ImmutableList<Total> all = totals.build();
    return new Verdict(
        all.isEmpty()
            ? ImmutableList.of()
            : ImmutableList.of(
                fewerCalls(all), moreBypassed(all), follows(all), tells(all), violations(all)),
        all);
  }

  private static Total total(Contender contender, Collection<Account> accounts) {
    return new Total(
        contender,
        sum(accounts, Account::calls),
        sum(accounts, Account::forwardingCalls),
        sum(accounts, Account::raised),
        sum(accounts, Account::bypassed),
        sum(accounts, account -> account.exits().total()),
        sum(accounts, Account::failuresTold),
        sum(accounts, Account::failuresUntold),
        sum(accounts, Account::failuresRetried),
        sum(accounts, Account::misdirected),
        sum(accounts, Account::lost),
        sum(accounts, Account::duplicated));
  }

  private static int sum(Collection<Account> accounts, ToIntFunction<Account> figure) {
    return accounts.stream().mapToInt(figure).sum();
  }

  private static Answer fewerCalls(List<Total> totals) {
    int fewest = totals.stream().mapToInt(Total::forwardingCalls).min().orElseThrow();
    return new Answer(
        "Who needs fewer calls?",
        who(totals, total -> total.forwardingCalls() == fewest),
        "Calls only for forwarding: " + figures(totals, Total::forwardingCalls) + ".");
  }

  private static Answer moreBypassed(List<Total> totals) {
    int most = totals.stream().mapToInt(Total::bypassed).max().orElseThrow();
    int raised = totals.stream().mapToInt(Total::raised).max().orElseThrow();
    return new Answer(
        "Who bypasses more interrupts?",
        who(totals, total -> total.bypassed() == most),
        "Of " + raised + " raised: " + figures(totals, Total::bypassed) + ".");
  }

  private static Answer follows(List<Total> totals) {
    int fewest = totals.stream().mapToInt(Total::misdirected).min().orElseThrow();
    return new Answer(
        "Who follows when the guest moves an interrupt?",
        who(totals, total -> total.misdirected() == fewest),
        "Delivered by an entry already replaced: " + figures(totals, Total::misdirected) + ".");
  }

  private static Answer tells(List<Total> totals) {
    List<String> telling =
        totals.stream()
            .filter(t -> t.told() > 0 && t.untold() == 0)
            .map(t -> t.contender().label())
            .toList();
    List<String> silent =
        totals.stream().filter(t -> t.untold() > 0).map(t -> t.contender().label()).toList();
    List<String> parts = new ArrayList<>();
    if (!telling.isEmpty()) {
      parts.add(Words.list(telling));
    }
    if (!silent.isEmpty()) {
      parts.add(Words.list(silent) + (silent.size() == 1 ? " stays silent" : " stay silent"));
    }
    String answer =
        parts.isEmpty() ? "No failure to tell of" : Words.sentence(String.join("; ", parts));
    return new Answer(
        "Who tells userspace of failures?",
        answer,
        "Untold, for good: " + figures(totals, Total::untold) + ".");
  }

  private static Answer violations(List<Total> totals) {
    List<String> broken =
        totals.stream()
            .filter(t -> t.lost() + t.duplicated() > 0)
            .map(t -> t.contender().label())
            .toList();
    return new Answer(
        "Is an interrupt lost or duplicated?",
        broken.isEmpty() ? "No, by nobody" : "Yes, by " + Words.list(broken),
        "Lost: "
            + figures(totals, Total::lost)
            + ". Duplicated: "
            + figures(totals, Total::duplicated)
            + ".");
  }

  private static String who(List<Total> totals, java.util.function.Predicate<Total> condition) {
    List<String> names = totals.stream().filter(condition).map(t -> t.contender().label()).toList();
    return names.size() == totals.size() && names.size() > 1 ? "All the same" : Words.list(names);
  }

  /** Each contender's figure; one figure where all are the same. */
  private static String figures(List<Total> totals, ToIntFunction<Total> figure) {
    if (totals.stream().mapToInt(figure).distinct().count() == 1) {
      return figure.applyAsInt(totals.get(0)) + (totals.size() > 1 ? " for all" : "");
    }
    Map<Integer, List<String>> byFigure = new TreeMap<>();
    for (Total total : totals) {
      byFigure
          .computeIfAbsent(figure.applyAsInt(total), any -> new ArrayList<>())
          .add(total.contender().label());
    }
    List<String> parts = new ArrayList<>();
    byFigure.forEach((number, who) -> parts.add(number + " " + String.join(", ", who)));
    return String.join("; ", parts);
  }
}
