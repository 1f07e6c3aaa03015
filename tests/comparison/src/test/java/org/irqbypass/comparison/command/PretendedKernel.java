package org.irqbypass.comparison.command;

import com.google.common.collect.ImmutableMap;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.scenario.HostOptions;
import org.irqbypass.scenario.KernelProfile;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.Outcome;
import org.irqbypass.scenario.Runner;
import org.irqbypass.scenario.SimulatedHost;
import org.irqbypass.scenario.live.Answer;
import org.irqbypass.scenario.live.LiveHost;
import org.irqbypass.scenario.live.LiveKernel;
import org.irqbypass.scenario.live.LiveKernelProvider;
import org.irqbypass.scenario.live.UnavailableException;
import org.jspecify.annotations.Nullable;

/** A running kernel for tests, which is a model itself; it answers a few things otherwise. */
public final class PretendedKernel implements LiveKernelProvider {
  /** What the kernel does; null: it cannot be reached. Tests of one JVM run one after another. */
  private static volatile @Nullable Behaviour behaviour;

  /**
   * A kernel.
   *
   * @param profile which one
   * @param otherwise what it answers instead of what the model of the profile does
   */
  record Behaviour(KernelProfile profile, Change otherwise) {}

  /** Changes answers. */
  @FunctionalInterface
  interface Change {
    Answer of(Operation operation, Answer answer);
  }

  /** As {@link java.util.ServiceLoader} makes it. */
  public PretendedKernel() {}

  static void behaves(KernelProfile profile, Change otherwise) {
    behaviour = new Behaviour(profile, otherwise);
  }

  static void isNotThere() {
    behaviour = null;
  }

  @Override
  public LiveKernel open() throws UnavailableException {
    Behaviour now = behaviour;
    if (now == null) {
      throw new UnavailableException("/dev/kvm cannot be opened (ENOENT)");
    }
    return new Kernel(now);
  }

  private record Kernel(Behaviour behaviour) implements LiveKernel {
    @Override
    public String release() {
      return "6.6.6";
    }

    @Override
    public boolean performs(Operation operation) {
      return operation.name().matches("(ef|vm|kvm)\\..*|teardown");
    }

    @Override
    public LiveHost newHost() {
      HostOptions options =
          new HostOptions(
              "x86-remapped",
              behaviour.profile(),
              ConnectPolicy.OPPORTUNISTIC,
              ImmutableMap.of(),
              false,
              false);
      return new Host(behaviour, new Runner(SimulatedHost.create(options)));
    }

    @Override
    public void close() {}
  }

  private record Host(Behaviour behaviour, Runner runner) implements LiveHost {
    @Override
    public Answer perform(Operation operation) {
      Outcome outcome = runner.run(operation);
      String errno = outcome.errno() == null ? null : outcome.errno().name();
      return behaviour.otherwise().of(operation, new Answer(outcome.ret(), errno, outcome.out()));
    }

    @Override
    public void close() {}
  }
}
