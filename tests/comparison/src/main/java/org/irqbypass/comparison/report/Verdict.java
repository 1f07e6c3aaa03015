package org.irqbypass.comparison.report;

import com.google.common.collect.ImmutableList;
import java.math.BigDecimal;
import java.math.BigInteger;
import java.math.MathContext;
import java.util.ArrayList;
import java.util.Collection;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToIntFunction;
import java.util.stream.Collectors;
import org.irqbypass.comparison.account.Account;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.explore.Census;
import org.irqbypass.comparison.explore.Ending;
import org.irqbypass.comparison.explore.Exploration;

/**
 * What all scenarios together say: which design needs fewer calls, which bypasses more, which tells
 * of its failures, how much depends on the order, and what nobody has looked at.
 *
 * @param answers in the order in which one asks
 * @param totals one for each contender that ran
 */
record Verdict(ImmutableList<Answer> answers, ImmutableList<Total> totals) {
  /**
   * An answer.
   *
   * @param id what it is about, in a word
   * @param question what one asks
   * @param answer in few words
   * @param reason the figures behind it
   */
  record Answer(String id, String question, String answer, String reason) {}

  /**
   * One contender's sums over all scenarios it ran.
   *
   * @param explored in how many scenarios all or some orders of its steps were explored
   * @param always in how many of these every explored order ended fully bypassed
   * @param share the part of the orders that ended fully bypassed, 0 to 1: the mean over these
   *     scenarios, each counting the same
   */
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
      int duplicated,
      int explored,
      int always,
      double share) {}

  static Verdict of(List<ScenarioComparison> scenarios) {
    Map<Contender, List<Account>> accounts = new EnumMap<>(Contender.class);
    Map<Contender, List<Exploration>> explorations = new EnumMap<>(Contender.class);
    for (ScenarioComparison scenario : scenarios) {
      for (ContenderResult result : scenario.results()) {
        accounts
            .computeIfAbsent(result.contender(), any -> new ArrayList<>())
            .add(result.account());
      }
      for (Exploration exploration : scenario.explorations()) {
        explorations
            .computeIfAbsent(exploration.contender(), any -> new ArrayList<>())
            .add(exploration);
      }
    }
    ImmutableList.Builder<Total> totals = ImmutableList.builder();
    accounts.forEach(
        (contender, each) ->
            totals.add(total(contender, each, explorations.getOrDefault(contender, List.of()))));
    ImmutableList<Total> all = totals.build();
    return new Verdict(
        all.isEmpty()
            ? ImmutableList.of()
            : ImmutableList.of(
                fewerCalls(all),
                moreBypassed(all),
                tells(all),
                orders(all),
                notExplored(scenarios)),
        all);
  }

  private static Total total(
      Contender contender, Collection<Account> accounts, List<Exploration> explorations) {
    List<Exploration> telling = explorations.stream().filter(Verdict::isBypassable).toList();
    int always = 0;
    double shares = 0;
    for (Exploration exploration : telling) {
      double share = share(exploration);
      shares += share;
      always += share == 1 ? 1 : 0;
    }
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
        sum(accounts, Account::duplicated),
        telling.size(),
        always,
        telling.isEmpty() ? 0 : shares / telling.size());
  }

  /** Whether there was anything to bypass in what was explored. */
  private static boolean isBypassable(Exploration exploration) {
    return exploration.representative().endings().stream()
        .anyMatch(share -> !share.ending().forwarding().isEmpty());
  }

  /** Which part of the orders ended with everything bypassed. */
  static double share(Exploration exploration) {
    Census census = exploration.representative();
    return ratio(census.orders(Ending.Extent.FULLY), census.orders());
  }

  /** A part of a whole that may both be larger than any double. */
  static double ratio(BigInteger part, BigInteger whole) {
    return whole.signum() == 0
        ? 0
        : new BigDecimal(part).divide(new BigDecimal(whole), MathContext.DECIMAL64).doubleValue();
  }

  private static int sum(Collection<Account> accounts, ToIntFunction<Account> figure) {
    return accounts.stream().mapToInt(figure).sum();
  }

  private static Answer fewerCalls(List<Total> totals) {
    int fewest = totals.stream().mapToInt(Total::calls).min().orElseThrow();
    int next = totals.stream().mapToInt(Total::calls).filter(c -> c > fewest).min().orElse(fewest);
    return new Answer(
        "calls",
        "Which needs fewer calls?",
        who(totals, total -> total.calls() == fewest)
            + ": "
            + (next == fewest ? Integer.toString(fewest) : (next - fewest) + " fewer"),
        "Calls only for forwarding: "
            + figures(totals, Total::forwardingCalls)
            + ". All calls: "
            + figures(totals, Total::calls)
            + ".");
  }

  private static Answer moreBypassed(List<Total> totals) {
    int most = totals.stream().mapToInt(Total::bypassed).max().orElseThrow();
    int raised = totals.stream().mapToInt(Total::raised).max().orElseThrow();
    return new Answer(
        "bypassed",
        "Which gets more interrupts bypassed?",
        who(totals, total -> total.bypassed() == most) + ": " + most + " of " + raised,
        "Interrupts bypassed: " + figures(totals, Total::bypassed) + ".");
  }

  private static Answer tells(List<Total> totals) {
    boolean failed = totals.stream().anyMatch(t -> t.told() + t.untold() + t.retried() > 0);
    boolean anyTelling = totals.stream().anyMatch(t -> t.told() > 0);
    String answer =
        !failed ? "None failed" : anyTelling ? who(totals, t -> t.told() > 0) : "Nobody";
    return new Answer(
        "failures",
        "Which tells userspace of failures?",
        answer,
        "Told: "
            + those(totals, Total::told)
            + ". Untold, for good: "
            + those(totals, Total::untold)
            + ". Untold, tried again: "
            + those(totals, Total::retried)
            + ".");
  }

  private static Answer orders(List<Total> totals) {
    String question = "In how many orders does each end bypassed?";
    if (totals.stream().noneMatch(total -> total.explored() > 0)) {
      return new Answer(
          "orders",
          question,
          "Only one was run",
          "The order that each scenario is written in. All of them: irqbypass explore SCENARIO.");
    }
    double most = totals.stream().mapToDouble(Total::share).max().orElseThrow();
    Map<String, List<Contender>> byShare = new TreeMap<>();
    for (Total total : totals) {
      byShare
          .computeIfAbsent(Words.share(total.share()), any -> new ArrayList<>())
          .add(total.contender());
    }
    List<String> parts = new ArrayList<>();
    byShare.forEach((share, who) -> parts.add(design(totals, who) + " " + share));
    int scenarios = totals.stream().mapToInt(Total::explored).max().orElse(0);
    return new Answer(
        "orders",
        question,
        who(totals, total -> total.share() == most) + ": " + Words.share(most),
        "Orders ending with all bypassed"
            + (scenarios == 1
                ? ""
                : ", mean of the " + scenarios + " scenarios where something can be")
            + ": "
            + String.join(", ", parts)
            + ".");
  }

  private static Answer notExplored(List<ScenarioComparison> scenarios) {
    String question = "What was not explored?";
    List<String> never =
        scenarios.stream()
            .filter(scenario -> scenario.explorations().isEmpty())
            .map(ScenarioComparison::name)
            .toList();
    if (never.size() == scenarios.size()) {
      return new Answer(
          "unexplored",
          question,
          "Every other order",
          "Each of "
              + Words.count(scenarios.size(), "scenario")
              + " ran in one order of its steps, as written or recorded.");
    }
    List<Exploration> cut =
        scenarios.stream()
            .flatMap(scenario -> scenario.explorations().stream())
            .filter(exploration -> !exploration.coverage().complete())
            .toList();
    long cutScenarios = cut.stream().map(Exploration::scenario).distinct().count();
    List<String> answer = new ArrayList<>();
    List<String> reason = new ArrayList<>();
    if (!never.isEmpty()) {
      answer.add(Words.count(never.size(), "scenario"));
      reason.add("In one order only: " + shortened(never) + ".");
    }
    if (cutScenarios > 0) {
      answer.add(scenarios.size() == 1 ? "a part of the orders" : "parts of " + cutScenarios);
      reason.add(
          scenarios.size() == 1
              ? "Explored, by weight of choices: " + weights(cut) + "."
              : "In part: "
                  + shortened(cut.stream().map(Exploration::scenario).distinct().toList())
                  + ".");
    }
    int complete = scenarios.size() - never.size() - (int) cutScenarios;
    int stretches =
        (int)
            scenarios.stream()
                .map(ScenarioComparison::explorations)
                .filter(each -> !each.isEmpty() && each.stream().allMatch(Verdict::isStretch))
                .count();
    if (stretches > 0) {
      answer.add(
          "orders outside a stretch"
              + (scenarios.size() == 1 ? "" : " of " + Words.count(stretches, "scenario")));
      reason.add(
          "Every order of a stretch, with the steps around it as written: "
              + Words.count(stretches, "scenario")
              + ".");
    }
    if (complete > stretches) {
      reason.add("Every order: " + Words.count(complete - stretches, "scenario") + ".");
    }
    return new Answer(
        "unexplored",
        question,
        answer.isEmpty() ? "Nothing, step by step" : Words.sentence(String.join(", ", answer)),
        String.join(" ", reason));
  }

  /** Whether all orders of some steps were explored, and the others left as they are written. */
  private static boolean isStretch(Exploration exploration) {
    return exploration.coverage().complete() && !exploration.coverage().notExplored().isEmpty();
  }

  private static String weights(List<Exploration> cut) {
    return cut.stream()
        .map(e -> e.contender() + " " + Words.share(Math.min(e.coverage().share(), 0.9999)))
        .collect(Collectors.joining(", "));
  }

  private static String shortened(List<String> names) {
    return names.size() <= 3
        ? Words.list(names)
        : String.join(", ", names.subList(0, 2)) + " and " + (names.size() - 2) + " more";
  }

  private static String who(List<Total> totals, Predicate<Total> condition) {
    return Words.sentence(
        design(totals, totals.stream().filter(condition).map(Total::contender).toList()));
  }

  /** The contenders by name; by their design where these are all that have it. */
  private static String design(List<Total> totals, List<Contender> who) {
    if (who.size() == totals.size() && who.size() > 1) {
      return "all the same";
    }
    for (boolean explicit : new boolean[] {true, false}) {
      List<Contender> all =
          totals.stream()
              .map(Total::contender)
              .filter(contender -> contender.isExplicit() == explicit)
              .toList();
      if (all.size() > 1 && all.equals(who)) {
        return explicit ? "explicit" : "automatic";
      }
    }
    return Words.list(who.stream().map(Contender::label).toList());
  }

  /** Each contender's figure; one figure where all are the same. */
  private static String figures(List<Total> totals, ToIntFunction<Total> figure) {
    int distinct = (int) totals.stream().mapToInt(figure).distinct().count();
    return distinct == 1
        ? figure.applyAsInt(totals.get(0)) + (totals.size() > 1 ? " for all" : "")
        : named(totals, figure, any -> true);
  }

  /** The figures of those whose figure is not 0. */
  private static String those(List<Total> totals, ToIntFunction<Total> figure) {
    String some = named(totals, figure, total -> figure.applyAsInt(total) != 0);
    return some.isEmpty() ? "none" : some;
  }

  private static String named(
      List<Total> totals, ToIntFunction<Total> figure, Predicate<Total> which) {
    Map<Integer, List<Contender>> byFigure = new TreeMap<>();
    totals.stream()
        .filter(which)
        .forEach(
            total ->
                byFigure
                    .computeIfAbsent(figure.applyAsInt(total), any -> new ArrayList<>())
                    .add(total.contender()));
    List<String> parts = new ArrayList<>();
    byFigure.forEach((number, who) -> parts.add(design(totals, who) + " " + number));
    return String.join(", ", parts);
  }
}
