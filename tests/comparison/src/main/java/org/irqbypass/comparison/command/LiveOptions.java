package org.irqbypass.comparison.command;

import org.irqbypass.scenario.KernelProfile;
import org.irqbypass.scenario.live.LiveKernel;
import org.irqbypass.scenario.live.Twins;
import org.irqbypass.scenario.live.UnavailableException;
import org.jspecify.annotations.Nullable;

/** What commands do that ask the kernel which runs: reach it, or say that it cannot be reached. */
final class LiveOptions {
  /** What is done with the kernel and its model. */
  @FunctionalInterface
  interface Work {
    int with(Twins twins);
  }

  private LiveOptions() {}

  /**
   * Does something with the kernel that runs.
   *
   * @param profile the model's rules; null: those that the kernel is found to follow
   * @param ifAvailable whether it is all right that there is no kernel to be reached
   * @return what the work returned, or that there is no kernel to be reached
   */
  static int run(Console console, @Nullable KernelProfile profile, boolean ifAvailable, Work work) {
    try (LiveKernel kernel = LiveKernel.open()) {
      Twins twins = new Twins(kernel, profile == null ? Twins.profileOf(kernel) : profile);
      console.out().println(twins + (profile == null ? " (as the kernel does)" : ""));
      return work.with(twins);
    } catch (UnavailableException unavailable) {
      console
          .err()
          .println("irqbypass: the running kernel cannot be asked: " + unavailable.getMessage());
      return ifAvailable ? ExitStatus.OK : ExitStatus.UNAVAILABLE;
    }
  }
}
