package org.irqbypass.faults;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.contender.TrialRunner;
import org.irqbypass.scenario.HostOptions;
import org.irqbypass.scenario.Runner;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.scenario.SimulatedHost;
import org.irqbypass.work.Mutex;
import org.irqbypass.work.ThreadWaiter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** No two calls take two locks in contradicting orders, whether or not anybody ever had to wait. */
@Timeout(value = 4, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class LockOrderTest {
  private LockOrder order = LockOrder.learn();

  @BeforeEach
  void learn() {
    order = LockOrder.learn();
  }

  @AfterEach
  void stop() {
    order.stop();
  }

  @Test
  void aContradictionIsFoundThoughNobodyWaited() throws InterruptedException {
    ThreadWaiter waiter = new ThreadWaiter();
    Mutex first = new Mutex(waiter, "the first");
    Mutex second = new Mutex(waiter, "the second");
    nest(first, second);
    Thread other = new Thread(() -> nest(second, first));
    other.start();
    other.join();

    assertThat(order.contradictions()).hasSize(1);
    assertThat(order.contradictions().get(0)).contains("the second -> the first");
    assertThat(order.contradictions().get(0)).contains("the first -> the second");
    assertThat(order.contradictions().get(0)).contains("LockOrderTest.nest");
  }

  private static void nest(Mutex outer, Mutex inner) {
    outer.lock();
    inner.lock();
    inner.unlock();
    outer.unlock();
  }

  @Test
  void aLongWayRoundIsFound() {
    ThreadWaiter waiter = new ThreadWaiter();
    List<Mutex> ring =
        List.of(new Mutex(waiter, "a"), new Mutex(waiter, "b"), new Mutex(waiter, "c"));
    for (int i = 0; i < 3; i++) {
      nest(ring.get(i), ring.get((i + 1) % 3));
    }
    assertThat(order.contradictions()).hasSize(1);
    assertThat(order.contradictions().get(0)).contains("c -> a");
  }

  @Test
  void everyLockIsLetGo() {
    for (Programs.Program program : Programs.everyCall()) {
      Scenario scenario = program.scenario();
      Runner runner = new Runner(SimulatedHost.create(HostOptions.of(scenario)));
      for (Scenario.Step step : scenario.steps()) {
        runner.run(step.operation());
        assertThat(LockOrder.heldByThisThread()).isEmpty();
      }
    }
  }

  @Test
  void noScenarioContradictsAnother() throws IOException {
    for (Programs.Program program : Programs.everyCall()) {
      Scenario scenario = program.scenario();
      new Runner(SimulatedHost.create(HostOptions.of(scenario))).run(scenario);
    }
    int trials = 0;
    for (Programs.Program program :
        Evidence.isDeep() ? Programs.bundled() : ImmutableList.<Programs.Program>of()) {
      for (Contender contender : Contender.values()) {
        TrialRunner.run(program.scenario(), contender);
        trials++;
      }
    }
    assertThat(order.contradictions()).isEmpty();
    assertThat(order.pairs()).isNotEmpty();
    assertThat(DocumentedOrder.contradictedBy(order.pairs())).isEmpty();
    Evidence evidence = new Evidence("lock-order");
    evidence.add(
        "locks taken under locks, one after another and by everybody",
        order.pairs().size(),
        "lock pairs",
        order.contradictions().size(),
        order.names().size()
            + " kinds of locks in "
            + Programs.everyCall().size()
            + " scenarios and "
            + trials
            + " trials of contenders");
    evidence.write();
  }
}
