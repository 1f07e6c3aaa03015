package org.irqbypass.eventfd;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.irqbypass.trace.Fingerprint;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.CooperativeWaiter;
import org.irqbypass.work.DeterministicWorkQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Who is woken, in which order, and what a wake-up may do. */
final class EventfdWaitQueueTest {
  private final Tracepoints trace = Tracepoints.untimed();
  private final Eventfds eventfds =
      new Eventfds(new CooperativeWaiter(new DeterministicWorkQueue()), trace);
  private final EventfdContext eventfd = eventfds.create(0, Eventfds.EFD_NONBLOCK);
  private final List<String> woken = new ArrayList<>();

  /** Notes its wake-ups; drains, takes and removes itself as told. */
  private final class Entry extends EventfdWaiter {
    final String name;
    boolean takes;
    boolean drains;
    boolean leaves;
    Runnable then = () -> {};

    Entry(String name) {
      this.name = name;
    }

    @Override
    protected boolean wake(EventfdContext from, int events) {
      woken.add(name + ":" + events);
      if (drains) {
        from.drainLocked();
      }
      if (leaves) {
        from.removeLocked(this);
      }
      then.run();
      return takes;
    }
  }

  private Entry shared(String name) {
    Entry entry = new Entry(name);
    eventfd.addWaiter(entry, EventfdWaiter.Kind.SHARED);
    return entry;
  }

  private Entry priority(String name) {
    Entry entry = new Entry(name);
    entry.takes = true;
    eventfd.addWaiter(entry, EventfdWaiter.Kind.PRIORITY_EXCLUSIVE);
    return entry;
  }

  @Test
  void sharedEntriesAreAllWokenTheLatestFirst() {
    shared("a");
    shared("b");
    eventfd.signal();

    assertThat(woken).containsExactly("b:1", "a:1").inOrder();
  }

  @Test
  void aPriorityEntryComesFirstAndKeepsTheWakeUp() {
    shared("poller");
    priority("irqfd");
    shared("late");
    eventfd.signal();

    assertThat(woken).containsExactly("irqfd:1");
  }

  @Test
  void priorityEntriesAreWokenInTheOrderOfTheirComing() {
    priority("first").takes = false;
    priority("second").takes = false;
    shared("poller");
    eventfd.signal();

    assertThat(woken).containsExactly("first:1", "second:1", "poller:1").inOrder();
  }

  @Test
  void theFirstPriorityEntryStarvesTheSecond() {
    priority("vm0");
    priority("vm1");
    eventfd.signal();

    assertThat(woken).containsExactly("vm0:1");
  }

  @Test
  void onlyOnePriorityEntryIsTakenWhereOthersAreRefused() {
    Entry first = new Entry("first");

    assertThat(eventfd.hasPriorityWaiter()).isFalse();
    assertThat(eventfd.addOnlyPriorityWaiter(first)).isEqualTo(Poll.OUT);
    assertThat(eventfd.hasPriorityWaiter()).isTrue();
    assertThat(eventfd.addOnlyPriorityWaiter(new Entry("second"))).isEqualTo(-1);
    eventfd.removeWaiter(first);
    assertThat(eventfd.addOnlyPriorityWaiter(new Entry("third"))).isEqualTo(Poll.OUT);
  }

  @Test
  void addingTellsWhatIsPending() {
    eventfd.signal();

    assertThat(eventfd.addWaiter(new Entry("a"), EventfdWaiter.Kind.SHARED))
        .isEqualTo(Poll.IN | Poll.OUT);
  }

  @Test
  void anEntryStandsInOneQueue() {
    Entry entry = shared("a");

    assertThrows(
        IllegalStateException.class,
        () -> eventfds.create(0, 0).addWaiter(entry, EventfdWaiter.Kind.SHARED));
  }

  @Test
  void anEntryThatDrainsSeesEachSignalAsOne() {
    priority("irqfd").drains = true;
    eventfd.signal();
    eventfd.signal();

    assertThat(woken).hasSize(2);
    assertThat(eventfd.count()).isEqualTo(0);
  }

  @Test
  void signalsBeforeADrainCoalesce() {
    eventfd.signal();
    eventfd.signal();
    eventfd.signal();
    Entry late = priority("irqfd");

    assertThat(eventfd.removeWaiter(late)).isEqualTo(3);
    assertThat(eventfd.count()).isEqualTo(0);
  }

  @Test
  void anEntryMayRemoveItselfWhileItIsWoken() {
    shared("a");
    shared("b").leaves = true;
    shared("c");
    eventfd.signal();
    eventfd.signal();

    assertThat(woken).containsExactly("c:1", "b:1", "a:1", "c:1", "a:1").inOrder();
  }

  @Test
  void removingTakesTheCountAndWakesWritersOnly() {
    eventfd.write(5);
    Entry leaving = new Entry("leaving");
    shared("staying");
    eventfd.addWaiter(leaving, EventfdWaiter.Kind.SHARED);

    assertThat(eventfd.removeWaiter(leaving)).isEqualTo(5);
    assertThat(eventfd.removeWaiter(leaving)).isEqualTo(0);
    assertThat(woken).containsExactly("staying:" + Poll.OUT);
  }

  @Test
  void readsWakeWithOutAndWritesWithIn() {
    shared("a");
    eventfd.write(0);
    eventfd.write(3);
    eventfd.read();

    assertThat(woken).containsExactly("a:" + Poll.IN, "a:" + Poll.IN, "a:" + Poll.OUT).inOrder();
  }

  @Test
  void lockedOperationsAreForWakeUpsOnly() {
    assertThrows(IllegalStateException.class, eventfd::drainLocked);
    assertThrows(IllegalStateException.class, () -> eventfd.removeLocked(shared("a")));
  }

  @Test
  void aSignalFromInsideAWakeUpIsRefusedAndLost() {
    EventfdContext other = eventfds.create(0, Eventfds.EFD_NONBLOCK);
    List<Boolean> signalled = new ArrayList<>();
    shared("a").then = () -> signalled.add(other.signal());
    eventfd.signal();

    assertThat(signalled).containsExactly(false);
    assertThat(other.count()).isEqualTo(0);
    assertThat(eventfds.lostSignals()).isEqualTo(1);
    assertThat(other.signal()).isTrue();
  }

  @Test
  void aLostSignalIsATracepoint() {
    EventfdContext other = eventfds.create(0, Eventfds.EFD_NONBLOCK);
    shared("a").then = other::signal;
    List<TraceEvent> told = new ArrayList<>();
    trace.listen((nanos, event) -> told.add(event));
    eventfd.signal();

    assertThat(told)
        .containsExactly(
            new EventfdEvent.Signal(eventfd, 1),
            new EventfdEvent.Signal(other, 1),
            new EventfdEvent.SignalLost(other))
        .inOrder();
  }

  @Test
  void aSignalFromInsideTheWakeUpOfAWriteIsLostToo() {
    EventfdContext other = eventfds.create(0, Eventfds.EFD_NONBLOCK);
    shared("a").then = other::signal;
    eventfd.write(1);

    assertThat(other.count()).isEqualTo(0);
    assertThat(eventfds.lostSignals()).isEqualTo(1);
  }

  @Test
  void aFaultInAWakeUpLeavesTheEventfdUsable() {
    Entry faulty = shared("faulty");
    faulty.then =
        () -> {
          throw new IllegalStateException("fault");
        };

    assertThrows(IllegalStateException.class, eventfd::signal);
    eventfd.removeWaiter(faulty);
    assertThat(eventfd.signal()).isTrue();
    assertThat(eventfds.lostSignals()).isEqualTo(0);
  }

  @Test
  void theLastCloseHangsUpOnEveryEntry() {
    EventfdFile file = new EventfdFile(eventfd);
    priority("irqfd").takes = false;
    shared("virqfd");
    assertThat(file.get()).isTrue();
    file.put();
    assertThat(woken).isEmpty();
    file.put();

    assertThat(woken).containsExactly("irqfd:" + Poll.HUP, "virqfd:" + Poll.HUP).inOrder();
    assertThat(eventfd.signal()).isTrue();
  }

  @Test
  void theContextOutlivesItsFile() {
    EventfdFile file = new EventfdFile(eventfd);
    file.put();
    eventfd.signal();

    assertThat(eventfd.count()).isEqualTo(1);
  }

  @Test
  void hostsKnowNothingOfEachOthersWakeUps() {
    Eventfds otherHost =
        new Eventfds(new CooperativeWaiter(new DeterministicWorkQueue()), Tracepoints.untimed());
    EventfdContext other = new EventfdContext(otherHost, 0, EnumSet.of(EventfdFlag.NONBLOCK));
    shared("a").then = other::signal;
    eventfd.signal();

    assertThat(other.count()).isEqualTo(1);
  }

  @Test
  void entriesLeaveInAnyOrderAndNoneOfThemIsWokenAgain() {
    for (int[] order :
        new int[][] {{0, 1, 2}, {0, 2, 1}, {1, 0, 2}, {1, 2, 0}, {2, 0, 1}, {2, 1, 0}}) {
      Entry[] entries = {shared("a"), shared("b"), shared("c")};
      List<String> left = new ArrayList<>(List.of("c:1", "b:1", "a:1"));
      for (int next : order) {
        eventfd.withdrawWaiter(entries[next]);
        left.remove(entries[next].name + ":1");
        woken.clear();
        eventfd.signal();
        assertThat(woken).containsExactlyElementsIn(left).inOrder();
      }
    }
  }

  /** {@code remove_wait_queue()}, unlike {@code eventfd_ctx_remove_wait_queue()}. */
  @Test
  void whoWithdrawsLeavesTheCountToOthers() {
    Entry entry = shared("a");
    eventfd.signal();
    eventfd.withdrawWaiter(entry);

    assertThat(eventfd.count()).isEqualTo(1);
    eventfd.signal();
    assertThat(woken).hasSize(1);
  }

  @Test
  void anEntryOfAnotherQueueStaysThere() {
    shared("a");
    Entry entry = shared("b");
    shared("c");
    EventfdContext other = eventfds.create(0, Eventfds.EFD_NONBLOCK);
    other.withdrawWaiter(entry);
    other.removeWaiter(entry);
    eventfd.signal();

    assertThat(woken).containsExactly("c:1", "b:1", "a:1").inOrder();
  }

  /** What a state's fingerprint leaves out, an explorer takes for the same state. */
  @Test
  void theFingerprintTellsTheCountAndWhoWaitsInWhichOrder() {
    Entry a = new Entry("a");
    Entry b = new Entry("b");
    List<List<Long>> states = new ArrayList<>();
    Runnable note = () -> states.add(Fingerprint.of(a, b, eventfd));
    note.run();
    eventfd.signal();
    note.run();
    eventfd.read();
    eventfd.addWaiter(a, EventfdWaiter.Kind.SHARED);
    note.run();
    eventfd.addWaiter(b, EventfdWaiter.Kind.SHARED);
    note.run();
    eventfd.withdrawWaiter(a);
    note.run();
    eventfd.addWaiter(a, EventfdWaiter.Kind.SHARED);
    note.run();
    assertThat(states).containsNoDuplicates();

    eventfd.withdrawWaiter(a);
    eventfd.withdrawWaiter(b);
    assertThat(Fingerprint.of(a, b, eventfd)).isEqualTo(states.get(0));
  }

  /** KVM looks for an irqfd among those that come first, of whichever VM. */
  @Test
  void theFirstPriorityEntryThatIsWantedIsFound() {
    assertThat(eventfd.priorityWaiter(waiter -> true)).isNull();
    shared("poller");
    assertThat(eventfd.priorityWaiter(waiter -> true)).isNull();
    Entry first = priority("first");
    Entry second = priority("second");

    assertThat(eventfd.priorityWaiter(waiter -> true)).isSameInstanceAs(first);
    assertThat(eventfd.priorityWaiter(waiter -> waiter == second)).isSameInstanceAs(second);
    assertThat(eventfd.priorityWaiter(waiter -> false)).isNull();
    List<String> asked = new ArrayList<>();
    assertThat(
            eventfd.priorityWaiter(
                waiter -> {
                  asked.add(((Entry) waiter).name);
                  return false;
                }))
        .isNull();
    assertThat(asked).containsExactly("first", "second").inOrder();
  }

  @Test
  @Timeout(20)
  void aSearchAmongPriorityEntriesExcludesChangesAndEnds() throws Exception {
    Entry only = priority("only");
    Thread[] other = new Thread[1];
    eventfd.priorityWaiter(
        waiter -> {
          other[0] = new Thread(() -> eventfd.removeWaiter(only));
          other[0].start();
          while (other[0].getState() == Thread.State.NEW
              || other[0].getState() == Thread.State.RUNNABLE) {
            Thread.onSpinWait();
          }
          assertThat(other[0].getState()).isEqualTo(Thread.State.WAITING);
          return false;
        });
    other[0].join();
    assertThat(eventfd.hasPriorityWaiter()).isFalse();
  }
}
