package org.irqbypass.work;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.junit.jupiter.api.Test;

/** On one thread, whoever waits or might sleep lets deferred work run. */
class CooperativeWaiterTest {
  private final DeterministicWorkQueue queue = new DeterministicWorkQueue(8);
  private final CooperativeWaiter waiter = new CooperativeWaiter(queue);
  private final List<String> ran = new ArrayList<>();

  private Work work(String name) {
    return new Work(name, () -> ran.add(name));
  }

  @Test
  void aWaitRunsWorkOldestFirstAndNoMoreThanItNeeds() {
    queue.schedule(work("a"));
    queue.schedule(work("b"));
    queue.schedule(work("c"));
    waiter.await(() -> ran.contains("b"), "b");
    assertThat(ran).containsExactly("a", "b").inOrder();
  }

  @Test
  void aWaitThatNothingCanEndIsToldSo() {
    ErrnoException refused =
        assertThrows(ErrnoException.class, () -> waiter.await(() -> false, "a miracle"));
    assertThat(refused.errno()).isEqualTo(Errno.EDEADLK);
  }

  @Test
  void whereLinuxMightSleepAllDeferredWorkRuns() {
    queue.schedule(work("a"));
    queue.schedule(new Work("b", () -> queue.schedule(work("queued by b"))));
    waiter.mightSleep();
    assertThat(ran).containsExactly("a", "queued by b").inOrder();
    assertThat(queue.queued()).isEmpty();
  }

  @Test
  void workWithoutEndIsRefusedWhereLinuxMightSleep() {
    Work[] again = new Work[1];
    again[0] = new Work("again", () -> queue.schedule(again[0]));
    queue.schedule(again[0]);
    ErrnoException refused = assertThrows(ErrnoException.class, waiter::mightSleep);
    assertThat(refused.errno()).isEqualTo(Errno.ELOOP);
  }

  /** On one processor nothing else is left to do first, at either kind of point. */
  @Test
  void whereLinuxHasLetOthersRunAllDeferredWorkRuns() {
    queue.schedule(work("a"));
    queue.schedule(work("b"));
    waiter.schedule();
    assertThat(ran).containsExactly("a", "b").inOrder();
  }

  @Test
  void aWaitMayUseUpWhatALimitAllowsAndNoMore() {
    CooperativeWaiter narrow = new CooperativeWaiter(new DeterministicWorkQueue(1));
    narrow.await(() -> true, "nothing");
    int[] runs = {0};
    DeterministicWorkQueue endless = new DeterministicWorkQueue(3);
    Work[] again = new Work[1];
    again[0] =
        new Work(
            "again",
            () -> {
              runs[0]++;
              endless.schedule(again[0]);
            });
    endless.schedule(again[0]);
    CooperativeWaiter waits = new CooperativeWaiter(endless);
    assertThat(
            assertThrows(ErrnoException.class, () -> waits.await(() -> false, "the end")).errno())
        .isEqualTo(Errno.ELOOP);
    assertThat(runs[0]).isEqualTo(4); // the limit, and what was queued when the wait began
  }
}
