package org.irqbypass.faults;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Queue;
import java.util.Random;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.scenario.HostDevice;
import org.irqbypass.scenario.HostOptions;
import org.irqbypass.scenario.HostParts;
import org.irqbypass.scenario.Runner;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.scenario.SimulatedHost;
import org.irqbypass.work.ExecutorWorkQueue;
import org.irqbypass.work.ThreadWaiter;
import org.irqbypass.work.Waiter;
import org.irqbypass.work.WorkQueue;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.TestInstance;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Everything that is open is closed at once, by many threads and in any order, while the devices
 * interrupt: it ends, with nothing registered and no thread waiting, and the locks were taken in
 * one order.
 */
@TestInstance(TestInstance.Lifecycle.PER_CLASS)
@Timeout(value = 10, unit = TimeUnit.MINUTES, threadMode = Timeout.ThreadMode.SEPARATE_THREAD)
class ClosingTest {
  private static final int CLOSERS = 4;
  private static final int SHORT_ROUNDS = 4;
  private static final int DEEP_ROUNDS = 300;

  private long rounds;
  private long closings;
  private long pairs;
  private long contradictions;

  static ImmutableList<Programs.Program> programs() {
    return Programs.everyCall();
  }

  @ParameterizedTest
  @MethodSource("programs")
  void everythingAtOnceEnds(Programs.Program program) throws Exception {
    LockOrder order = LockOrder.learn();
    ExecutorService workers = Executors.newFixedThreadPool(2);
    try {
      Scenario scenario = program.scenario();
      int most = Evidence.isDeep() ? DEEP_ROUNDS : SHORT_ROUNDS;
      for (int round = 0; round < most; round++) {
        // Each round closes a host in another state: after another number of the scenario's steps.
        Random random = new Random(round);
        close(scenario, 1 + random.nextInt(scenario.steps().size() - 1), random, workers);
        rounds++;
      }
    } finally {
      order.stop();
      workers.shutdown();
      assertThat(workers.awaitTermination(1, TimeUnit.MINUTES)).isTrue();
    }
    pairs = Math.max(pairs, order.pairs().size());
    contradictions += order.contradictions().size();
    assertThat(order.contradictions()).isEmpty();
    assertThat(DocumentedOrder.contradictedBy(order.pairs())).isEmpty();
  }

  /** Real threads and real waits. */
  private static HostParts threads(ExecutorService workers) {
    ThreadWaiter waiter = new ThreadWaiter();
    return new HostParts() {
      @Override
      public Waiter waiter(Waiter cooperative) {
        return waiter;
      }

      @Override
      public WorkQueue workQueue(WorkQueue deterministic) {
        return new ExecutorWorkQueue(workers, waiter);
      }
    };
  }

  private void close(Scenario scenario, int steps, Random random, ExecutorService workers)
      throws Exception {
    SimulatedHost host =
        SimulatedHost.create(HostOptions.of(scenario).withTracing(false), threads(workers));
    Runner runner = new Runner(host);
    for (Scenario.Step step : scenario.steps().subList(0, steps)) {
      runner.runAlone(step.operation());
    }
    List<Integer> open = new ArrayList<>();
    for (int fd = 0; open.size() < host.descriptorTable().open(); fd++) {
      try {
        host.descriptorTable().file(fd);
        open.add(fd);
      } catch (ErrnoException notOpen) {
        // Nothing is open there.
      }
    }
    Collections.shuffle(open, random);
    Queue<Integer> todo = new ConcurrentLinkedQueue<>(open);
    List<Throwable> thrown = Collections.synchronizedList(new ArrayList<>());
    AtomicBoolean closed = new AtomicBoolean();
    CyclicBarrier together = new CyclicBarrier(CLOSERS + 1);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < CLOSERS; i++) {
      threads.add(
          thread(
              thrown,
              () -> {
                together.await();
                for (Integer fd = todo.poll(); fd != null; fd = todo.poll()) {
                  host.descriptorTable().close(fd);
                }
              }));
    }
    Thread device =
        thread(
            thrown,
            () -> {
              together.await();
              boolean level = false;
              while (!closed.get()) {
                level = !level;
                for (HostDevice one : host.devices().values()) {
                  raise(one, level);
                }
              }
            });
    for (Thread closer : threads) {
      closer.join();
    }
    closed.set(true);
    device.join();
    idle(workers);
    closings += open.size();
    assertWithMessage("after %s steps", steps).that(thrown).isEmpty();
    assertWithMessage("after %s steps", steps).that(Books.leftovers(host, false)).isEmpty();
  }

  private static void raise(HostDevice device, boolean level) {
    for (int index = 0; index < 3; index++) {
      if (device.has(index, 0)) { // INTx, MSI, MSI-X; or a platform device's lines
        device.raise(index, 0, level);
      }
    }
  }

  /** Deferred work that was begun or queued before this has ended. */
  private static void idle(ExecutorService workers) throws InterruptedException {
    CountDownLatch both = new CountDownLatch(2);
    for (int i = 0; i < 2; i++) {
      workers.execute(
          () -> {
            both.countDown();
            try {
              both.await();
            } catch (InterruptedException interrupted) {
              Thread.currentThread().interrupt();
            }
          });
    }
    both.await();
  }

  /** What a thread does. */
  @FunctionalInterface
  private interface Task {
    void run() throws Exception;
  }

  private static Thread thread(List<Throwable> thrown, Task task) {
    Thread thread =
        new Thread(
            () -> {
              try {
                task.run();
              } catch (Exception | Error fault) {
                thrown.add(fault);
              }
            });
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  @AfterAll
  void tell() throws IOException {
    Evidence evidence = new Evidence("closing");
    evidence.add(
        "everything closed at once by " + CLOSERS + " threads while devices interrupt",
        closings,
        "closings",
        contradictions,
        rounds + " hosts on every platform; " + pairs + " lock pairs at most on one of them");
    evidence.write();
  }
}
