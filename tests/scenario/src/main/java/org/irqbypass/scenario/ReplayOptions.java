package org.irqbypass.scenario;

import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * How a recording is replayed. Immutable.
 *
 * @param level how far it is compared
 * @param platform on which; null: the recorded one
 * @param profile under which kernel's rules; null: the recorded one's
 * @param wanted which cases, by name
 * @param kept how many differences are kept to be shown; all are counted
 */
public record ReplayOptions(
    Level level,
    @Nullable String platform,
    @Nullable KernelProfile profile,
    Predicate<String> wanted,
    int kept) {
  private static final int KEPT = 20;

  /**
   * Every case, on the recorded platform and kernel, keeping the first 20 differences.
   *
   * @param level how far it is compared
   * @return options
   */
  public static ReplayOptions at(Level level) {
    return new ReplayOptions(level, null, null, name -> true, KEPT);
  }

  /**
   * The same on a platform.
   *
   * @param other such as {@code arm64-gicv3}; null: the recorded one
   * @return changed options
   */
  public ReplayOptions onPlatform(@Nullable String other) {
    return new ReplayOptions(level, other, profile, wanted, kept);
  }

  /**
   * The same under a kernel's rules.
   *
   * @param other the profile; null: the recorded one
   * @return changed options
   */
  public ReplayOptions underProfile(@Nullable KernelProfile other) {
    return new ReplayOptions(level, platform, other, wanted, kept);
  }

  /**
   * The same for some cases only.
   *
   * @param other which, by name
   * @return changed options
   */
  public ReplayOptions ofCases(Predicate<String> other) {
    return new ReplayOptions(level, platform, profile, other, kept);
  }

  /**
   * The same, keeping more differences or fewer.
   *
   * @param other how many
   * @return changed options
   */
  public ReplayOptions keeping(int other) {
    return new ReplayOptions(level, platform, profile, wanted, other);
  }
}
