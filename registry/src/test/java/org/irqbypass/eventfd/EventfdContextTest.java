package org.irqbypass.eventfd;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.CooperativeWaiter;
import org.irqbypass.work.DeterministicWorkQueue;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.function.Executable;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The counter: semantics.md section 2, row by row. */
final class EventfdContextTest {
  private final Tracepoints trace = Tracepoints.untimed();
  private final Eventfds eventfds =
      new Eventfds(new CooperativeWaiter(new DeterministicWorkQueue()), trace);
  private final EventfdContext eventfd =
      new EventfdContext(eventfds, 0, EnumSet.of(EventfdFlag.NONBLOCK));

  private static Errno errnoOf(Executable call) {
    return assertThrows(ErrnoException.class, call).errno();
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 0x1000, 0x80000000, -1})
  void createWithUnknownFlagsIsRefused(int flags) {
    assertThat(errnoOf(() -> eventfds.create(0, flags))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void createKnowsLinuxFlags() {
    EventfdContext made =
        eventfds.create(-1, Eventfds.EFD_SEMAPHORE | Eventfds.EFD_NONBLOCK | Eventfds.EFD_CLOEXEC);

    assertThat(made.count()).isEqualTo(0xffff_ffffL);
    assertThat(made.read()).isEqualTo(1);
    assertThat(made.count()).isEqualTo(0xffff_fffeL);
  }

  /** {@code O_NONBLOCK} alone decides whether a read sleeps; here nothing could wake it. */
  @Test
  void onlyANonBlockingEventfdRefusesToSleep() {
    for (int others : new int[] {0, Eventfds.EFD_SEMAPHORE, Eventfds.EFD_CLOEXEC}) {
      EventfdContext blocking = eventfds.create(0, others);
      EventfdContext nonBlocking = eventfds.create(0, others | Eventfds.EFD_NONBLOCK);

      assertThat(errnoOf(blocking::read)).isEqualTo(Errno.EDEADLK);
      assertThat(errnoOf(nonBlocking::read)).isEqualTo(Errno.EAGAIN);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1, 7, 9, 16})
  void writeTakesExactlyEightBytes(int length) {
    assertThat(errnoOf(() -> eventfd.write(ByteBuffer.allocate(length)))).isEqualTo(Errno.EINVAL);
    assertThat(eventfd.count()).isEqualTo(0);
  }

  @Test
  void writeOfTheMaximumIsRefused() {
    assertThat(errnoOf(() -> eventfd.write(-1L))).isEqualTo(Errno.EINVAL);
  }

  @Test
  void writeThatWouldReachTheMaximumIsRefusedAndChangesNothing() {
    eventfd.write(-3L);

    assertThat(errnoOf(() -> eventfd.write(2))).isEqualTo(Errno.EAGAIN);
    assertThat(eventfd.count()).isEqualTo(-3L);
    eventfd.write(1);
    assertThat(eventfd.count()).isEqualTo(-2L);
    assertThat(errnoOf(() -> eventfd.write(1))).isEqualTo(Errno.EAGAIN);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4, 7})
  void readNeedsEightBytes(int length) {
    eventfd.write(5);

    assertThat(errnoOf(() -> eventfd.read(ByteBuffer.allocate(length)))).isEqualTo(Errno.EINVAL);
    assertThat(eventfd.count()).isEqualTo(5);
  }

  @Test
  void readOfAnEmptyCounterIsRefused() {
    ErrnoException refused = assertThrows(ErrnoException.class, eventfd::read);

    assertThat(refused.errno()).isEqualTo(Errno.EAGAIN);
    assertThat(refused).hasMessageThat().contains("eventfd " + eventfd.number() + " is 0");
  }

  @Test
  void readTakesTheWholeCount() {
    eventfd.write(5);
    eventfd.write(2);

    assertThat(eventfd.read()).isEqualTo(7);
    assertThat(eventfd.count()).isEqualTo(0);
  }

  @Test
  void readOfASemaphoreTakesOne() {
    EventfdContext semaphore =
        new EventfdContext(eventfds, 2, EnumSet.of(EventfdFlag.NONBLOCK, EventfdFlag.SEMAPHORE));

    assertThat(semaphore.read()).isEqualTo(1);
    assertThat(semaphore.read()).isEqualTo(1);
    assertThat(errnoOf(semaphore::read)).isEqualTo(Errno.EAGAIN);
  }

  @Test
  void buffersAreInNativeOrderAndLeftInTheirs() {
    ByteBuffer in = ByteBuffer.allocate(8).order(ByteOrder.nativeOrder()).putLong(0, 0x1_0000L);
    ByteBuffer out = ByteBuffer.allocate(16).order(ByteOrder.BIG_ENDIAN);
    eventfd.write(in);
    eventfd.read(out);

    assertThat(in.remaining()).isEqualTo(8);
    assertThat(out.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
    assertThat(out.position()).isEqualTo(8);
    assertThat(out.flip().order(ByteOrder.nativeOrder()).getLong()).isEqualTo(0x1_0000L);
  }

  @Test
  void eightBytesAreEnoughForARead() {
    ByteBuffer eight = ByteBuffer.allocate(8);
    eventfd.write(5);
    eventfd.read(eight);

    assertThat(eight.hasRemaining()).isFalse();
    assertThat(eight.order(ByteOrder.nativeOrder()).getLong(0)).isEqualTo(5);
  }

  @Test
  void signalsAddOneEach() {
    assertThat(eventfd.signal()).isTrue();
    assertThat(eventfd.signal()).isTrue();

    assertThat(eventfd.read()).isEqualTo(2);
  }

  @Test
  void signalSaturatesAndStillWakes() {
    List<Integer> woken = new ArrayList<>();
    eventfd.write(-2L);
    eventfd.addWaiter(new RecordingWaiter(woken), EventfdWaiter.Kind.SHARED);
    eventfd.signal();
    eventfd.signal();

    assertThat(eventfd.count()).isEqualTo(EventfdContext.MAXIMUM);
    assertThat(woken).containsExactly(Poll.IN, Poll.IN);
  }

  @Test
  void pollFollowsTheCount() {
    assertThat(eventfd.poll()).isEqualTo(Poll.OUT);
    eventfd.write(1);
    assertThat(eventfd.poll()).isEqualTo(Poll.IN | Poll.OUT);
    eventfd.write(-4L);
    assertThat(eventfd.count()).isEqualTo(-3L);
    assertThat(eventfd.poll()).isEqualTo(Poll.IN | Poll.OUT);
    eventfd.write(1);
    assertThat(eventfd.poll()).isEqualTo(Poll.IN);
    eventfd.signal();
    assertThat(eventfd.poll()).isEqualTo(Poll.IN | Poll.ERR);
  }

  @Test
  void theInitialCountIs32Bits() {
    assertThrows(
        IllegalArgumentException.class,
        () -> new EventfdContext(eventfds, 1L << 32, EnumSet.noneOf(EventfdFlag.class)));
  }

  @Test
  void eventfdsOfOneHostAreNumbered() {
    assertThat(eventfds.create(0, 0).number()).isEqualTo(eventfd.number() + 1);
  }

  @Test
  void eachSignalIsATracepoint() {
    List<Object> told = new ArrayList<>();
    trace.listen((nanos, event) -> told.add(event));
    eventfd.signal();

    assertThat(told).containsExactly(new EventfdEvent.Signal(eventfd, 1));
  }

  private static final class RecordingWaiter extends EventfdWaiter {
    private final List<Integer> woken;

    RecordingWaiter(List<Integer> woken) {
      this.woken = woken;
    }

    @Override
    protected boolean wake(EventfdContext eventfd, int events) {
      woken.add(events);
      return false;
    }
  }
}
