package org.irqbypass.comparison.cost;

import java.util.function.Predicate;

/** Whether one run costs less than another, whatever the assumptions are within their ranges. */
public enum Ranking {
  /** It does, with every choice. */
  ALWAYS_LESS,
  /** They cost the same, with every choice. */
  ALWAYS_SAME,
  /** It costs more, with every choice. */
  ALWAYS_MORE,
  /** Some choices say so, others say otherwise, or the same. */
  DEPENDS;

  /**
   * Compares two runs on the same host. Their difference is the sum over all parameters of price
   * times difference of counts: it is least where each price is chosen by the sign of what it is
   * multiplied with, so all choices are covered, not only all low and all high.
   *
   * @param one what the one run spent time on
   * @param other what the other did
   * @param model what it costs
   * @param platform the host's
   * @param which of the costs
   * @return how the one compares with the other
   */
  public static Ranking of(
      Charges one, Charges other, CostModel model, String platform, Predicate<Cost> which) {
    long least = Long.MAX_VALUE;
    long most = Long.MIN_VALUE;
    for (int clock = 0; clock < model.lowestByClock(platform).size(); clock++) {
      Prices low = model.lowestByClock(platform).get(clock);
      Prices high = model.highestByClock(platform).get(clock);
      long down = 0;
      long up = 0;
      for (Cost cost : Cost.values()) {
        long times = which.test(cost) ? one.count(cost) - other.count(cost) : 0;
        down += times * (times > 0 ? low : high).of(cost);
        up += times * (times > 0 ? high : low).of(cost);
      }
      least = Math.min(least, down);
      most = Math.max(most, up);
    }
    if (least == 0 && most == 0) {
      return ALWAYS_SAME;
    }
    return most < 0 ? ALWAYS_LESS : least > 0 ? ALWAYS_MORE : DEPENDS;
  }
}
