package org.irqbypass.comparison.command;

import org.irqbypass.scenario.KernelProfile;
import org.irqbypass.scenario.live.LiveKernel;
import org.irqbypass.scenario.live.Twins;
import org.irqbypass.scenario.live.UnavailableException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How the kernel that runs is asked: reach it, or say that it cannot be reached. */
final class LiveOptions {
  /** What is done with the kernel and its model. */
  @FunctionalInterface
  interface Work {
    int with(Twins twins);
  }

  @Option(
      names = "--live",
      description =
          "Perform what concerns KVM and eventfds on the kernel that runs, and compare it with the"
              + " model. These are real calls.")
  private boolean live;

  @Option(
      names = "--if-available",
      description = "With --live: succeed where the kernel that runs cannot be asked.")
  private boolean ifAvailable;

  LiveOptions() {}

  /** Whether the kernel that runs is asked. */
  boolean live() {
    return live;
  }

  /** Whether it is all right that there is no kernel to be reached. */
  boolean ifAvailable() {
    return ifAvailable;
  }

  /**
   * Does something with the kernel that runs.
   *
   * @param profile the model's rules; null: those that the kernel is found to follow
   * @return what the work returned, or that there is no kernel to be reached
   */
  int run(Console console, @Nullable KernelProfile profile, Work work) {
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
