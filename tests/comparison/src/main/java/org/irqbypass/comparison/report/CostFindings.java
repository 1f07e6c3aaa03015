package org.irqbypass.comparison.report;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import java.util.function.Predicate;
import java.util.function.ToLongFunction;
import org.irqbypass.comparison.cost.Charges;
import org.irqbypass.comparison.cost.Cost;
import org.irqbypass.comparison.cost.CostModel;
import org.irqbypass.comparison.cost.ModelledTime;
import org.irqbypass.comparison.cost.Ranking;

/** Says in sentences what contenders cost in modelled time, and whether that rests on guesses. */
public final class CostFindings {
  private CostFindings() {}

  /**
   * The difference.
   *
   * @param results one for each contender
   * @param model what things cost
   * @param platform the host's
   * @return what each comes to, and which of them would change places within the assumptions
   */
  public static ImmutableList<String> of(
      List<ContenderResult> results, CostModel model, String platform) {
    if (results.isEmpty()) {
      return ImmutableList.of();
    }
    Part calls = new Part("calls", Cost::isOfCalls, ModelledTime::callNanos);
    Part interrupts = new Part("interrupts", Cost::isOfInterrupts, ModelledTime::interruptNanos);
    ImmutableList.Builder<String> findings = ImmutableList.builder();
    findings.add(
        "Modelled, not measured: "
            + calls.amounts(results)
            + "; "
            + interrupts.amounts(results)
            + ".");
    if (!calls.isSame(results) || !interrupts.isSame(results)) {
      List<String> open = new ArrayList<>(calls.open(results, model, platform));
      open.addAll(interrupts.open(results, model, platform));
      findings.add(
          open.isEmpty()
              ? "That order is the same with every choice of the assumptions within their ranges."
              : "Within the ranges of the assumptions it is open "
                  + Words.list(open)
                  + "; all else is the same with every choice.");
    }
    return findings.build();
  }

  /** One of the two things that cost: what a VMM does once, and what comes again and again. */
  private record Part(String what, Predicate<Cost> costs, ToLongFunction<ModelledTime> nanos) {
    /** What it costs whom, the cheapest first. */
    String amounts(List<ContenderResult> results) {
      NavigableMap<Long, List<String>> byCost = new TreeMap<>();
      for (ContenderResult result : results) {
        byCost
            .computeIfAbsent(nanos.applyAsLong(result.modelled()), any -> new ArrayList<>())
            .add(result.contender().label());
      }
      if (isSame(results) && results.size() > 1) {
        return what + " cost each of them " + Words.micros(byCost.firstKey()) + " us";
      }
      List<String> amounts = new ArrayList<>();
      byCost.forEach((cost, who) -> amounts.add(Words.micros(cost) + " us for " + Words.list(who)));
      return what + " cost " + String.join(", ", amounts);
    }

    boolean isSame(List<ContenderResult> results) {
      return results.stream()
              .mapToLong(result -> nanos.applyAsLong(result.modelled()))
              .distinct()
              .count()
          == 1;
    }

    /** Whose order the assumptions decide; those with the same counts are told together. */
    List<String> open(List<ContenderResult> results, CostModel model, String platform) {
      Map<Charges, List<String>> byCharges = new LinkedHashMap<>();
      for (ContenderResult result : results) {
        byCharges
            .computeIfAbsent(result.modelled().charges().only(costs), any -> new ArrayList<>())
            .add(result.contender().label());
      }
      List<Charges> distinct = ImmutableList.copyOf(byCharges.keySet());
      List<String> open = new ArrayList<>();
      for (int i = 0; i < distinct.size(); i++) {
        for (int j = i + 1; j < distinct.size(); j++) {
          Ranking ranking = Ranking.of(distinct.get(i), distinct.get(j), model, platform, costs);
          if (ranking == Ranking.DEPENDS) {
            open.add(
                "whether "
                    + what
                    + " cost "
                    + Words.list(byCharges.getOrDefault(distinct.get(i), List.of()))
                    + " more than "
                    + Words.list(byCharges.getOrDefault(distinct.get(j), List.of())));
          }
        }
      }
      return open;
    }
  }
}
