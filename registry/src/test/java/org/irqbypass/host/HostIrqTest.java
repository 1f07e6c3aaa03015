package org.irqbypass.host;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.FutureTask;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.Fingerprint;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.Meanwhile;
import org.irqbypass.work.ThreadWaiter;
import org.irqbypass.work.Waiter;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
final class HostIrqTest {
  private final Tracepoints trace = Tracepoints.untimed();
  private final HostPlatform platform = new ForwardingPlatform("arm64-gicv2");
  private final HostInterrupts interrupts = new HostInterrupts(platform, new ThreadWaiter(), trace);
  private final HostIrq edge = interrupts.allocate("edge", Trigger.EDGE);
  private final HostIrq level = interrupts.allocate("level", Trigger.LEVEL);
  private final AtomicInteger handled = new AtomicInteger();

  private boolean count(HostIrq irq) {
    handled.incrementAndGet();
    return true;
  }

  /** The automasking handler of VFIO: disables its own interrupt. */
  private boolean countAndDisable(HostIrq irq) {
    irq.disableNosync();
    return count(irq);
  }

  @Test
  void aMessageNobodyRequestedIsGone() {
    HostIrq message = interrupts.allocateMessage("message");
    assertThat(message.raise()).isEqualTo(Raise.UNTRIGGERED);
    message.request(this::count, true);

    assertThat(handled.get()).isEqualTo(0);
    assertThat(message.isRequested()).isTrue();
  }

  @Test
  void aWiredEdgeNobodyRequestedStaysLatched() {
    assertThat(edge.raise()).isEqualTo(Raise.UNTRIGGERED);
    edge.request(this::count, false);
    assertThat(handled.get()).isEqualTo(0);
    edge.enable();

    assertThat(handled.get()).isEqualTo(1);
  }

  @Test
  void oneHandlerPerInterrupt() {
    edge.request(this::count, true);

    ErrnoException thrown =
        assertThrows(ErrnoException.class, () -> edge.request(this::count, true));
    assertThat(thrown.errno()).isEqualTo(Errno.EBUSY);
  }

  @Test
  void anEdgeIsHandledInPlace() {
    edge.request(this::count, true);

    assertThat(edge.raise()).isEqualTo(Raise.HANDLED);
    assertThat(edge.raise()).isEqualTo(Raise.HANDLED);
    assertThat(edge.handledCount()).isEqualTo(2);
    assertThat(edge.isActive()).isFalse();
  }

  @Test
  void edgesOfADisabledInterruptMergeAndReplayOnce() {
    edge.request(this::count, true);
    edge.disable();

    assertThat(edge.raise()).isEqualTo(Raise.PENDING);
    assertThat(edge.raise()).isEqualTo(Raise.MERGED);
    assertThat(edge.isPending()).isTrue();
    edge.enable();
    assertThat(handled.get()).isEqualTo(1);
    assertThat(edge.isPending()).isFalse();
  }

  @Test
  void disablesNest() {
    edge.request(this::count, false);
    edge.disable();
    edge.disableNosync();
    edge.raise();
    edge.enable();
    edge.enable();
    assertThat(handled.get()).isEqualTo(0);
    assertThat(edge.isDisabled()).isTrue();
    edge.enable();

    assertThat(handled.get()).isEqualTo(1);
    assertThrows(IllegalStateException.class, edge::enable);
  }

  @Test
  void aLevelThatIsHighFiresWhenItIsRequested() {
    assertThat(level.setLine(true)).isEqualTo(Raise.UNTRIGGERED);
    level.request(this::countAndDisable, true);

    assertThat(handled.get()).isEqualTo(1);
  }

  @Test
  void aLevelRefiresWhenItIsEnabledWhileHigh() {
    level.request(this::countAndDisable, true);

    assertThat(level.setLine(true)).isEqualTo(Raise.HANDLED);
    assertThat(handled.get()).isEqualTo(1);
    level.enable();
    assertThat(handled.get()).isEqualTo(2);
    assertThat(level.setLine(false)).isEqualTo(Raise.MERGED);
    level.enable();
    assertThat(handled.get()).isEqualTo(2);
  }

  @Test
  void aLevelFiresAgainUntilItsHandlerLowersIt() {
    level.request(
        irq -> {
          if (handled.incrementAndGet() == 3) {
            irq.setLine(false);
          }
          return true;
        },
        true);
    level.setLine(true);

    assertThat(handled.get()).isEqualTo(3);
    assertThat(level.isActive()).isFalse();
  }

  @Test
  void aLevelThatFellWhileDisabledIsGone() {
    level.request(this::count, false);
    level.setLine(true);
    level.setLine(false);
    level.enable();

    assertThat(handled.get()).isEqualTo(0);
  }

  @Test
  void anUnclaimedLevelRestsUntilTheLineOrTheMaskChanges() {
    boolean[] asserting = {false};
    level.request(
        irq -> {
          handled.incrementAndGet();
          if (asserting[0]) {
            irq.setLine(false);
          }
          return asserting[0];
        },
        true);
    level.setLine(true);
    assertThat(handled.get()).isEqualTo(1);
    assertThat(level.setLine(true)).isEqualTo(Raise.MERGED);
    assertThat(handled.get()).isEqualTo(1);
    level.disable();
    level.enable();
    assertThat(handled.get()).isEqualTo(2);
    asserting[0] = true;
    level.setLine(false);
    level.setLine(true);

    assertThat(handled.get()).isEqualTo(3);
    assertThat(level.isLineHigh()).isFalse();
  }

  /** Regression: a level that rose anew under a handler disclaiming the one before was lost. */
  @Test
  void aLevelThatRisesUnderADisclaimingHandlerIsTaken() {
    level.request(
        irq -> {
          if (handled.incrementAndGet() == 1) {
            irq.setLine(false);
            irq.setLine(true);
            return false;
          }
          irq.setLine(false);
          return true;
        },
        true);
    level.setLine(true);

    assertThat(handled.get()).isEqualTo(2);
  }

  /** Regression: a handler saw it masked, and it was unmasked before the handler said so. */
  @Test
  void aLevelThatIsEnabledUnderADisclaimingHandlerIsTaken() {
    level.request(
        irq -> {
          irq.disableNosync();
          irq.enable();
          if (handled.incrementAndGet() == 3) {
            irq.setLine(false);
          }
          return false;
        },
        true);
    level.setLine(true);

    assertThat(handled.get()).isEqualTo(3);
    level.setLine(true); // nothing lowers it any more, and that ends too
    assertThat(handled.get()).isEqualTo(3 + 100_000);
  }

  /** semantics.md 13.12: what loops for ever in Linux ends here, and a change revives it. */
  @Test
  void aLevelThatNothingLowersIsLeftAlone() {
    level.request(this::count, true);
    level.setLine(true);
    int inStorm = handled.get();
    assertThat(inStorm).isEqualTo(100_000); // as README says
    level.setLine(true);
    assertThat(handled.get()).isEqualTo(inStorm);
    level.setLine(false);
    assertThat(level.setLine(true)).isEqualTo(Raise.HANDLED);
  }

  @Test
  void anEdgeUnderTheHandlerIsTakenByTheSameThreadAfterIt() {
    List<Raise> inner = new ArrayList<>();
    edge.request(
        irq -> {
          if (handled.incrementAndGet() == 1) {
            inner.add(irq.raise());
            inner.add(irq.raise());
          }
          return true;
        },
        true);
    edge.raise();

    assertThat(inner).containsExactly(Raise.PENDING, Raise.MERGED).inOrder();
    assertThat(handled.get()).isEqualTo(2);
  }

  @Test
  void aForwardedInterruptStaysActiveUntilItIsDeactivated() {
    level.request(this::count, true);
    level.forward(true);

    assertThat(level.setLine(true)).isEqualTo(Raise.HANDLED);
    assertThat(level.isActive()).isTrue();
    assertThat(handled.get()).isEqualTo(1);
    level.deactivate();
    assertThat(handled.get()).isEqualTo(2); // the line is still high
    level.setLine(false);
    level.deactivate();
    assertThat(handled.get()).isEqualTo(2);
    assertThat(level.isActive()).isFalse();
  }

  @Test
  void anEdgeThatComesWhileOneIsForwardedFiresAtCompletion() {
    edge.request(this::count, true);
    edge.forward(true);
    edge.raise();

    assertThat(edge.raise()).isEqualTo(Raise.PENDING);
    edge.deactivate();
    assertThat(handled.get()).isEqualTo(2);
  }

  /** {@code irq_set_irqchip_state()}: no handler runs, and what comes waits for the completion. */
  @Test
  void whatSoftwareMakesActiveIsToldOnceAndHoldsBackTheNext() {
    List<TraceEvent> told = new ArrayList<>();
    edge.request(this::count, true);
    trace.listen((nanos, event) -> told.add(event));
    edge.activate();
    edge.activate();

    assertThat(told).containsExactly(new HostIrqEvent.Activated(edge));
    assertThat(edge.isActive()).isTrue();
    assertThat(edge.raise()).isEqualTo(Raise.PENDING);
    assertThat(handled.get()).isEqualTo(0);
    edge.deactivate();
    assertThat(handled.get()).isEqualTo(1);
    trace.listen(null);
    edge.activate();
    assertThat(edge.isActive()).isTrue();
  }

  @Test
  void forwardingTakenBackInFlightIsCompletedOnce() {
    List<TraceEvent> told = new ArrayList<>();
    level.request(this::countAndDisable, true);
    level.forward(true);
    level.setLine(true);
    level.forward(false);
    assertThat(level.isActive()).isTrue();
    trace.listen((nanos, event) -> told.add(event));
    level.deactivate();
    level.deactivate();

    assertThat(told).containsExactly(new HostIrqEvent.Deactivated(level));
    assertThat(handled.get()).isEqualTo(1);
  }

  @Test
  void theIdleListenerIsToldAtEachEnd() {
    AtomicInteger idle = new AtomicInteger();
    edge.whenIdle(idle::incrementAndGet);
    edge.request(this::count, true);
    edge.raise();
    assertThat(idle.get()).isEqualTo(1);
    edge.forward(true);
    edge.raise();
    assertThat(idle.get()).isEqualTo(1);
    edge.deactivate();

    assertThat(idle.get()).isEqualTo(2);
  }

  @Test
  void freeDropsAPendingMessageAndForgetsTheMask() {
    HostIrq message = interrupts.allocateMessage("message");
    message.request(this::count, false);
    message.disable();
    message.raise();
    message.free();
    message.free();
    message.request(this::count, true);

    assertThat(handled.get()).isEqualTo(0);
    assertThat(message.isDisabled()).isFalse();
    assertThat(message.raise()).isEqualTo(Raise.HANDLED);
  }

  @Test
  void freeKeepsAPendingWiredEdge() {
    edge.request(this::count, false);
    edge.raise();
    edge.free();
    edge.request(this::count, true);

    assertThat(handled.get()).isEqualTo(1);
  }

  @Test
  void freeEndsAForwardedInterrupt() {
    level.request(this::count, true);
    level.forward(true);
    level.setLine(true);
    level.free();

    assertThat(level.isActive()).isFalse();
    assertThat(level.isForwarded()).isFalse();
    assertThat(level.isLineHigh()).isTrue();
  }

  /** Regression: an interrupt whose handler threw with another one pending was stuck for ever. */
  @Test
  void aHandlersFaultDoesNotBlockTheNextInterrupt() {
    edge.request(
        irq -> {
          if (handled.incrementAndGet() == 1) {
            irq.raise();
            throw new IllegalStateException("fault");
          }
          return true;
        },
        true);

    assertThrows(IllegalStateException.class, edge::raise);
    assertThat(handled.get()).isEqualTo(2);
    assertThat(edge.raise()).isEqualTo(Raise.HANDLED);
    edge.disable();
  }

  @Test
  void aFaultyHandlerOfAHighLevelIsNotCalledForEver() {
    level.request(
        irq -> {
          handled.incrementAndGet();
          throw new IllegalStateException("fault");
        },
        true);

    assertThrows(IllegalStateException.class, () -> level.setLine(true));
    assertThat(handled.get()).isEqualTo(1);
    level.disable();
    assertThrows(IllegalStateException.class, level::enable);
    assertThat(handled.get()).isEqualTo(2);
  }

  @Test
  void aHandlerCannotWaitForItself() {
    List<Errno> errnos = new ArrayList<>();
    edge.request(
        irq -> {
          errnos.add(assertThrows(ErrnoException.class, irq::disable).errno());
          errnos.add(assertThrows(ErrnoException.class, irq::synchronize).errno());
          errnos.add(assertThrows(ErrnoException.class, irq::free).errno());
          return true;
        },
        true);
    edge.raise();

    assertThat(errnos).containsExactly(Errno.EDEADLK, Errno.EDEADLK, Errno.EDEADLK);
    assertThat(edge.isDisabled()).isFalse();
    assertThat(edge.isRequested()).isTrue();
  }

  @Test
  void disableWaitsForTheHandlerInFlight() throws Exception {
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    edge.request(
        irq -> {
          entered.countDown();
          try {
            leave.await();
          } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
          }
          return count(irq);
        },
        true);
    FutureTask<Raise> raiser = new FutureTask<>(edge::raise);
    new Thread(raiser).start();
    entered.await();
    FutureTask<Integer> disabler =
        new FutureTask<>(
            () -> {
              edge.disable();
              return handled.get();
            });
    new Thread(disabler).start();
    assertThat(edge.raise()).isEqualTo(Raise.PENDING);
    leave.countDown();

    assertThat(disabler.get(30, TimeUnit.SECONDS)).isAtLeast(1);
    assertThat(raiser.get(30, TimeUnit.SECONDS)).isEqualTo(Raise.HANDLED);
  }

  @Tag("threads")
  @Test
  void manyThreadsNeverRunTheHandlerTwiceAtOnceAndLoseNoLastEdge() throws Exception {
    AtomicInteger inside = new AtomicInteger();
    AtomicInteger most = new AtomicInteger();
    AtomicInteger raised = new AtomicInteger();
    int[] seen = {0};
    edge.request(
        irq -> {
          most.accumulateAndGet(inside.incrementAndGet(), Math::max);
          seen[0] = raised.get();
          inside.decrementAndGet();
          return true;
        },
        true);
    List<Thread> threads = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      Thread thread =
          new Thread(
              () -> {
                for (int n = 0; n < 20_000; n++) {
                  raised.incrementAndGet();
                  edge.raise();
                }
              });
      threads.add(thread);
      thread.start();
    }
    for (Thread thread : threads) {
      thread.join();
    }

    assertThat(most.get()).isEqualTo(1);
    assertThat(seen[0]).isEqualTo(80_000);
  }

  @Test
  void aRaiseIsATracepointWithItsOutcome() {
    List<TraceEvent> told = new ArrayList<>();
    trace.listen((nanos, event) -> told.add(event));
    edge.raise();
    level.request(this::count, false);
    level.setLine(true);
    level.setLine(true);

    assertThat(told)
        .containsExactly(
            new HostIrqEvent.Raised(edge, Raise.UNTRIGGERED),
            new HostIrqEvent.Raised(level, Raise.PENDING))
        .inOrder();
  }

  @Test
  void anEdgeFiresWhenItsLineRisesAndOnlyThen() {
    edge.request(this::count, true);

    assertThat(edge.setLine(true)).isEqualTo(Raise.HANDLED);
    assertThat(edge.setLine(true)).isEqualTo(Raise.MERGED);
    assertThat(edge.setLine(false)).isEqualTo(Raise.MERGED);
    assertThat(edge.setLine(true)).isEqualTo(Raise.HANDLED);
    assertThat(handled.get()).isEqualTo(2);
  }

  @Test
  void freeWithoutAHandlerChangesNothing() {
    edge.disableNosync();
    edge.raise();
    edge.free();

    assertThat(edge.isDisabled()).isTrue();
    assertThat(edge.isPending()).isTrue();
  }

  /** {@code irq_domain_deactivate_irq()}: nobody took the posting back, and the hardware stops. */
  @Test
  void freeEndsWhatTheHardwareStillDelivers() {
    HostIrq message = interrupts.allocateMessage("message");
    List<String> did = new ArrayList<>();
    message.request(this::count, true);
    message.postThrough(
        new PostedDelivery() {
          @Override
          public void deliver() {
            did.add("delivers");
          }

          @Override
          public void discard() {
            did.add("discarded");
          }
        });
    message.raise();
    message.free();
    assertThat(message.isPosted()).isFalse();
    assertThat(did).containsExactly("delivers", "discarded").inOrder();
    message.request(this::count, true);

    assertThat(message.raise()).isEqualTo(Raise.HANDLED);
    assertThat(did).hasSize(2);
  }

  /** An interrupt of another thread, in flight until somebody waits for its end. */
  private final class InFlight {
    final Meanwhile others = new Meanwhile();
    final HostIrq irq = new HostInterrupts(platform, others, trace).allocate("dev", Trigger.EDGE);
    private final CountDownLatch leave = new CountDownLatch(1);
    private final Thread device = new Thread(irq::raise);

    InFlight() throws InterruptedException {
      CountDownLatch entered = new CountDownLatch(1);
      irq.request(
          taken -> {
            entered.countDown();
            try {
              leave.await();
            } catch (InterruptedException interrupted) {
              throw new AssertionError(interrupted);
            }
            return count(taken);
          },
          true);
      others.then(this::end);
      device.setDaemon(true);
      device.start();
      entered.await();
    }

    void end() {
      leave.countDown();
      try {
        device.join();
      } catch (InterruptedException interrupted) {
        throw new AssertionError(interrupted);
      }
    }
  }

  @Test
  void whoDisablesSynchronizesOrFreesWaitsForTheHandlerInFlight() throws Exception {
    for (Consumer<HostIrq> call :
        List.<Consumer<HostIrq>>of(HostIrq::disable, HostIrq::synchronize, HostIrq::free)) {
      InFlight flight = new InFlight();
      handled.set(0);
      call.accept(flight.irq);

      assertThat(handled.get()).isEqualTo(1);
      assertThat(flight.others.waits).containsExactly("the handler of " + flight.irq);
    }
  }

  @Test
  void whoDisablesWithoutWaitingOrFindsNothingInFlightGoesOn() throws Exception {
    InFlight flight = new InFlight();
    handled.set(0);
    flight.irq.disableNosync();
    assertThat(handled.get()).isEqualTo(0);
    flight.end();
    flight.irq.synchronize();
    flight.irq.free();

    assertThat(flight.others.waits).isEmpty();
  }

  /** {@code free_irq()}: the handler is not called once more for what came while it ran. */
  @Test
  void whatWaitsWhenTheHandlerIsFreedIsForTheNextHandler() throws Exception {
    InFlight flight = new InFlight();
    handled.set(0);
    assertThat(flight.irq.raise()).isEqualTo(Raise.PENDING);
    flight.irq.free();

    assertThat(handled.get()).isEqualTo(1);
    AtomicInteger byTheNext = new AtomicInteger();
    flight.irq.request(irq -> byTheNext.incrementAndGet() > 0, true);
    assertThat(byTheNext.get()).isEqualTo(1);
    assertThat(handled.get()).isEqualTo(1);
  }

  /** To an explorer it is one state: nothing that the line or the mask do next differs. */
  @Test
  void aLevelThatRoseAnewUnderItsMaskedHandlerIsInTheStateOfOneThatStayedHigh() {
    List<List<Long>> states = new ArrayList<>();
    for (boolean risesAnew : new boolean[] {true, false}) {
      HostIrq wired = interrupts.allocate("wired", Trigger.LEVEL);
      IrqHandler handler =
          irq -> {
            if (risesAnew) {
              irq.setLine(false);
              irq.setLine(true);
            }
            return countAndDisable(irq);
          };
      wired.request(handler, true);
      wired.setLine(true);
      states.add(Fingerprint.of(handler, wired));
    }

    assertThat(handled.get()).isEqualTo(2);
    assertThat(states.get(0)).isEqualTo(states.get(1));
  }

  @Test
  void whoFindsNothingInFlightDoesNotWait() {
    Waiter nobodyWaits =
        new Waiter() {
          @Override
          public void await(BooleanSupplier condition, String reason) {
            throw new AssertionError("waits for " + reason);
          }

          @Override
          public void changed() {}
        };
    HostIrq irq = new HostInterrupts(platform, nobodyWaits, trace).allocate("dev", Trigger.LEVEL);
    irq.request(this::count, true);
    irq.synchronize();
    irq.disable();
    irq.free();

    assertThat(irq.isRequested()).isFalse();
  }

  /** What a person reads in an error message and in /proc/interrupts. */
  @Test
  void anInterruptIsNamedByNumberAndName() {
    edge.request(this::count, true);
    ErrnoException busy = assertThrows(ErrnoException.class, () -> edge.request(this::count, true));

    assertThat(busy).hasMessageThat().contains("IRQ " + edge.number() + " (edge)");
  }

  /** A wait that cannot end is told to whoever frees; the interrupt is free all the same. */
  @Test
  void aFreeWhoseWaitCannotEndLeavesNothingBehind() throws Exception {
    HostInterrupts alone = new HostInterrupts(platform, new Meanwhile(), trace);
    HostIrq irq = alone.allocate("uart", Trigger.LEVEL);
    CountDownLatch entered = new CountDownLatch(1);
    CountDownLatch leave = new CountDownLatch(1);
    irq.request(
        handling -> {
          entered.countDown();
          try {
            leave.await();
          } catch (InterruptedException interrupted) {
            throw new AssertionError(interrupted);
          }
          return true;
        },
        true);
    irq.forward(true);
    FutureTask<Raise> device = new FutureTask<>(() -> irq.setLine(true));
    new Thread(device).start();
    entered.await();
    irq.disableNosync();

    ErrnoException refused = assertThrows(ErrnoException.class, irq::free);

    assertThat(refused.errno()).isEqualTo(Errno.EDEADLK);
    assertThat(irq.isRequested()).isFalse();
    assertThat(irq.isActive()).isFalse();
    assertThat(irq.isForwarded()).isFalse();
    assertThat(irq.isDisabled()).isFalse();
    leave.countDown();
    assertThat(device.get(30, TimeUnit.SECONDS)).isEqualTo(Raise.HANDLED);
    assertThat(irq.isActive()).isFalse();
  }
}
