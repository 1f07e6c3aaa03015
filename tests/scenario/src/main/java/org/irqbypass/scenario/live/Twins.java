package org.irqbypass.scenario.live;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.scenario.HostOptions;
import org.irqbypass.scenario.InputException;
import org.irqbypass.scenario.KernelProfile;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.Runner;
import org.irqbypass.scenario.SimulatedHost;

/**
 * A kernel that runs and its model. Each case is done on both, operation by operation, the model
 * first: what makes no sense to it never reaches the kernel. For one thread.
 */
public final class Twins {
  /** What the kernel of an x86 machine is compared with: nothing here can be posted. */
  private static final String PLATFORM = "x86-remapped";

  private final LiveKernel kernel;
  private final HostOptions model;

  /**
   * Makes twins.
   *
   * @param kernel the one that runs
   * @param profile the rules of the other
   */
  public Twins(LiveKernel kernel, KernelProfile profile) {
    this.kernel = kernel;
    this.model =
        new HostOptions(
            PLATFORM, profile, ConnectPolicy.OPPORTUNISTIC, ImmutableMap.of(), false, false);
  }

  /**
   * Which rules a kernel follows, found by what it does.
   *
   * @param kernel the one that runs
   * @return one of the profiles; or, for a kernel that follows some rules of each, one that no
   *     recording names
   */
  public static KernelProfile profileOf(LiveKernel kernel) {
    return ProfileProbe.of(kernel);
  }

  /**
   * The kernel that runs.
   *
   * @return the one these were made with
   */
  public LiveKernel kernel() {
    return kernel;
  }

  /**
   * The model.
   *
   * @return what it is made of
   */
  public HostOptions model() {
    return model;
  }

  /**
   * Does a case on both.
   *
   * @param operations ones that the kernel {@linkplain LiveKernel#performs performs}
   * @return what each came to, in order
   * @throws InputException if an operation makes no sense
   */
  public ImmutableList<Step> run(Iterable<Operation> operations) {
    ImmutableList.Builder<Step> steps = ImmutableList.builder();
    Runner runner = new Runner(SimulatedHost.create(model));
    try (LiveHost host = kernel.newHost()) {
      for (Operation operation : operations) {
        Answer simulated = simulate(runner, operation);
        steps.add(new Step(operation, host.perform(operation), simulated));
      }
    }
    return steps.build();
  }

  private static Answer simulate(Runner runner, Operation operation) {
    try {
      return Answer.of(runner.run(operation));
    } catch (InputException wrong) {
      throw wrong;
    } catch (RuntimeException broken) {
      return Answer.broke(broken);
    }
  }

  /** Whether a recording was made on a machine like this one. */
  static boolean resembles(String platform) {
    return platform.startsWith("x86-");
  }

  @Override
  public String toString() {
    return "kernel "
        + kernel.release()
        + ", model "
        + PLATFORM
        + " "
        + model.profile().name()
        + (KernelProfile.ALL.contains(model.profile()) ? "" : " " + model.profile().kvm());
  }
}
