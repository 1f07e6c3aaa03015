package org.irqbypass.comparison.cost;

import com.google.common.collect.ImmutableList;

/**
 * What one interrupt costs by the way it goes, in nanoseconds: the model in a few lines.
 *
 * @param way the way, in words
 * @param processor for whose processors
 * @param of what its parts are
 * @param nanos what they come to
 * @param least the least that they may
 * @param most the most
 */
public record WayCost(
    String way, String processor, ImmutableList<Cost> of, long nanos, long least, long most) {
  private static final ImmutableList<Cost> MESSAGE =
      ImmutableList.of(Cost.HOST_IRQ, Cost.SIGNAL, Cost.INJECTION, Cost.EXIT);
  private static final ImmutableList<Cost> COMPLETION =
      ImmutableList.of(Cost.EOI_TRAP, Cost.RESAMPLE, Cost.UNMASK);

  /**
   * All ways, where the vCPU runs unless they say otherwise.
   *
   * @param model what things cost
   * @return for each architecture, through the host before past it
   */
  static ImmutableList<WayCost> of(CostModel model) {
    ImmutableList<Cost> line =
        ImmutableList.<Cost>builder().addAll(MESSAGE).addAll(COMPLETION).build();
    ImmutableList.Builder<WayCost> ways = ImmutableList.builder();
    for (Architecture architecture : Architecture.values()) {
      ways.add(of("a line, through the host", architecture, line, model));
      if (architecture == Architecture.ARM64) {
        ways.add(of("a line, forwarded", architecture, MESSAGE, model));
      }
      ways.add(
          of("a message, through the host", architecture, MESSAGE, model),
          of(
              "a message, through the host to a vCPU that waits",
              architecture,
              ImmutableList.of(Cost.HOST_IRQ, Cost.SIGNAL, Cost.INJECTION, Cost.WAKE_UP),
              model),
          of("a message, posted", architecture, ImmutableList.of(Cost.POSTING), model),
          of(
              "a message, posted to a vCPU that waits",
              architecture,
              ImmutableList.of(Cost.POSTING, Cost.WAKE_UP),
              model));
    }
    return ways.build();
  }

  private static WayCost of(
      String way, Architecture architecture, ImmutableList<Cost> costs, CostModel model) {
    String platform = architecture.toString();
    return new WayCost(
        way,
        architecture.toString(),
        costs,
        sum(costs, model.prices(platform)),
        sum(costs, model.lowest(platform)),
        sum(costs, model.highest(platform)));
  }

  private static long sum(ImmutableList<Cost> costs, Prices prices) {
    return costs.stream().mapToLong(prices::of).sum();
  }
}
