package org.irqbypass.comparison.storm;

import org.irqbypass.comparison.cost.Contention;
import org.irqbypass.comparison.cost.CostModel;
import org.jspecify.annotations.Nullable;

/** How a registry finds who belongs together, and what is locked while it does. */
public enum RegistryDesign {
  /** Two lists below one mutex, all of which is searched: Linux until 2025. */
  LISTS("lists, a mutex", "Linux until 2025", 117_855_314L) {
    @Override
    double holds(CostModel model, int pairs) {
      return model.nanos(Contention.LIST_STEP) * pairs;
    }
  },
  /** Two arrays below one mutex, where a token leads to whoever has it: Linux since 2025. */
  ARRAYS("arrays, a mutex", "Linux since 2025", 314L),
  /** Each token knows who has it, and is a lock: this registry. */
  TOKENS("a lock per eventfd", "this registry", null);

  private final String label;
  private final String whose;
  private final @Nullable Long published;

  RegistryDesign(String label, String whose, @Nullable Long published) {
    this.label = label;
    this.whose = whose;
    this.published = published;
  }

  /** How it is made, in a few words. */
  public String label() {
    return label;
  }

  /** Who has it. */
  public String whose() {
    return whose;
  }

  /**
   * What was published for 174,000 irqfds on 144 processors: the mean wait of one, in nanoseconds
   * (Like Xu on the KVM mailing list, 2023); null for none.
   */
  public @Nullable Long published() {
    return published;
  }

  /**
   * How long a side keeps its lock while it is registered.
   *
   * @param pairs how many are registered
   * @return nanoseconds
   */
  double holds(CostModel model, int pairs) {
    return model.nanos(Contention.ARRAY_HOLD);
  }

  /** Which lock a side takes; those of the same number are one. */
  int lockOf(int irqfd) {
    return this == TOKENS ? irqfd : 0;
  }
}
