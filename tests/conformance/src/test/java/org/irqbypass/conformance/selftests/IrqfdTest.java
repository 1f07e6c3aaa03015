package org.irqbypass.conformance.selftests;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.collect.ImmutableSet;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CyclicBarrier;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import java.util.stream.Stream;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vm;
import org.irqbypass.scenario.KernelProfile;
import org.irqbypass.work.ExecutorWorkQueue;
import org.irqbypass.work.ThreadWaiter;
import org.irqbypass.work.Waiter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * What {@code kvm/irqfd_test.c} asserts: two VMs, one eventfd, which only one irqfd can have; and
 * the same while another thread binds and unbinds the very descriptor that is made, bound and
 * closed here. That an eventfd is of one VM only is Linux 6.17's rule. Before, each VM could bind
 * it once, and the second VM's irqfd got nothing.
 */
class IrqfdTest {
  private static final int ROUNDS = 10_000;
  private static final int FIRST_GSI = 10;
  private static final int SECOND_GSI = 11;
  private static final int RACING_GSI = 12;

  /** Each so many rounds both threads start at the same moment, however busy the machine is. */
  private static final int MEETINGS = 16;

  /** How often the racing thread looks before it unbinds. */
  private static final int LOOKS = 100;

  private final ExecutorService racing = Executors.newSingleThreadExecutor();
  private final ExecutorService deferred = Executors.newSingleThreadExecutor();
  private final Waiter waiter = new ThreadWaiter();

  @AfterEach
  void stopThreads() {
    racing.shutdownNow();
    deferred.shutdownNow();
  }

  private Machine machine(KernelProfile profile, String platform, Contender contender) {
    return new Machine(
        profile, platform, contender, new ExecutorWorkQueue(deferred, waiter), waiter);
  }

  static Stream<Arguments> hosts() {
    return KernelProfile.ALL.stream()
        .flatMap(
            profile ->
                Stream.of("x86-remapped", "x86-posted")
                    .flatMap(
                        platform ->
                            Stream.of(Contender.values())
                                .map(
                                    contender ->
                                        Arguments.of(
                                            profile.name(), platform, contender, profile))));
  }

  /** What is raced on: each host, by a racer of the same VM and by one of another. */
  static Stream<Arguments> races() {
    return KernelProfile.ALL.stream()
        .flatMap(
            profile ->
                Stream.of("the same VM", "another VM")
                    .map(whose -> Arguments.of(profile.name(), whose, profile)));
  }

  /** Whether it succeeds; what else may happen is that the eventfd is taken, or closed. */
  @CanIgnoreReturnValue
  private static boolean assign(Vm vm, int fd, int gsi, Set<Errno> allowed) {
    try {
      vm.irqfd(IrqfdRequest.assign(fd, gsi));
      return true;
    } catch (ErrnoException refused) {
      assertThat(refused.errno()).isIn(allowed);
      return false;
    }
  }

  private static void assertBusy(Vm vm, int fd, int gsi) {
    ErrnoException refused =
        assertThrows(ErrnoException.class, () -> vm.irqfd(IrqfdRequest.assign(fd, gsi)));
    assertThat(refused.errno()).isEqualTo(Errno.EBUSY);
  }

  private static boolean uniquePerHost(KernelProfile profile) {
    return profile.equals(KernelProfile.LINUX_6_17);
  }

  @ParameterizedTest(name = "{0}, {1}, {2}")
  @MethodSource("hosts")
  void anEventfdIsBoundOnce(
      String name, String platform, Contender contender, KernelProfile profile) {
    Machine machine = machine(profile, platform, contender);
    Vm one = machine.vm(1);
    Vm two = machine.vm(1);
    int fd = machine.eventfd();

    one.irqfd(IrqfdRequest.assign(fd, FIRST_GSI));
    assertBusy(one, fd, FIRST_GSI);
    assertBusy(one, fd, SECOND_GSI);
    if (uniquePerHost(profile)) {
      assertBusy(two, fd, FIRST_GSI);
      assertBusy(two, fd, SECOND_GSI);
    } else {
      two.irqfd(IrqfdRequest.assign(fd, FIRST_GSI));
      assertBusy(two, fd, SECOND_GSI);
      assertOnlyTheFirstIsServed(one, two, machine.context(fd));
    }

    // What was never bound is unbound with success, and nothing else goes with it.
    one.irqfd(IrqfdRequest.deassign(fd, SECOND_GSI));
    two.irqfd(IrqfdRequest.deassign(fd, SECOND_GSI));
    assertThat(one.irqfdOf(machine.context(fd), FIRST_GSI)).isNotNull();
    assertBusy(one, fd, SECOND_GSI);

    one.irqfd(IrqfdRequest.deassign(fd, FIRST_GSI));
    one.irqfd(IrqfdRequest.deassign(fd, FIRST_GSI));
    two.irqfd(IrqfdRequest.deassign(fd, FIRST_GSI));
    two.irqfd(IrqfdRequest.assign(fd, SECOND_GSI));
    two.irqfd(IrqfdRequest.deassign(fd, SECOND_GSI));
    assertThat(machine.kernel.registry().registered()).isEqualTo(0);
  }

  /** Of several VMs' irqfds on one eventfd, the first takes each signal away from the others. */
  private static void assertOnlyTheFirstIsServed(Vm first, Vm second, EventfdContext eventfd) {
    for (Vm vm : List.of(first, second)) {
      vm.setGsiRouting(List.of(RoutingEntry.msi(FIRST_GSI, 0xfee00000L, 0x41)), 0);
    }
    eventfd.write(1);
    assertThat(first.vcpuById(0).take()).isEqualTo(0x41);
    assertThat(second.vcpuById(0).take()).isEqualTo(-1);
    assertThat(eventfd.count()).isEqualTo(0);
  }

  /** While an eventfd is bound elsewhere, what is bound here is another one. */
  private static void assertNotShared(Vm vm, AtomicReference<@Nullable EventfdContext> elsewhere) {
    EventfdContext theirs = elsewhere.get();
    if (theirs != null && vm.irqfdOf(theirs, RACING_GSI) != null) {
      assertWithMessage("bound twice").that(elsewhere.get()).isNotSameInstanceAs(theirs);
    }
  }

  /**
   * Whatever the other thread does, at most one of two bindings here succeeds; and while it stands,
   * the other thread's do not.
   */
  @ParameterizedTest(name = "{0}, racing {1}")
  @MethodSource("races")
  void anEventfdIsBoundOnceWhileAnotherThreadTries(String name, String whose, KernelProfile profile)
      throws Exception {
    Machine machine = machine(profile, "x86-posted", Contender.AUTOMATIC);
    Vm one = machine.vm(1);
    boolean sameVm = whose.equals("the same VM");
    Vm two = sameVm ? one : machine.vm(1);
    boolean together = sameVm || uniquePerHost(profile);
    int number = machine.eventfd(); // closed and given out again in each round
    machine.close(number);

    AtomicBoolean done = new AtomicBoolean();
    AtomicReference<@Nullable EventfdContext> held = new AtomicReference<>(); // while bound here
    AtomicBoolean meet = new AtomicBoolean();
    CyclicBarrier start = new CyclicBarrier(2);
    Set<Boolean> raced = ConcurrentHashMap.newKeySet();
    Future<?> racer =
        racing.submit(
            () -> {
              while (!done.get()) {
                if (meet.compareAndSet(true, false)) {
                  start.await(20, TimeUnit.SECONDS);
                }
                Set<Errno> allowed = ImmutableSet.of(Errno.EBUSY, Errno.EBADF);
                boolean mine = assign(two, number, RACING_GSI, allowed);
                for (int look = 0; mine && together && look < LOOKS; look++) {
                  assertNotShared(two, held);
                }
                raced.add(mine);
                try {
                  two.irqfd(IrqfdRequest.deassign(number, RACING_GSI));
                } catch (ErrnoException closed) {
                  assertThat(closed.errno()).isEqualTo(Errno.EBADF);
                }
              }
              return null;
            });
    int bound = 0;
    for (int round = 0; round < ROUNDS; round++) {
      int fd = machine.eventfd();
      assertThat(fd).isEqualTo(number);
      if (racer.isDone()) {
        racer.get(); // tells what it saw
      }
      if (round % MEETINGS == 0) {
        meet.set(true);
        start.await(20, TimeUnit.SECONDS);
      }
      boolean first = assign(one, fd, FIRST_GSI, ImmutableSet.of(Errno.EBUSY));
      held.set(first ? machine.context(fd) : null);
      boolean second = assign(one, fd, SECOND_GSI, ImmutableSet.of(Errno.EBUSY));
      assertWithMessage("round %s: both were bound", round).that(first && second).isFalse();
      if (!together) {
        assertWithMessage("round %s: another VM is in the way", round).that(first).isTrue();
      }
      if (first || second) {
        bound++;
        int gsi = first ? FIRST_GSI : SECOND_GSI;
        assertThat(one.irqfdOf(machine.context(fd), gsi)).isNotNull();
      }
      held.set(null);
      one.irqfd(IrqfdRequest.deassign(fd, FIRST_GSI));
      one.irqfd(IrqfdRequest.deassign(fd, SECOND_GSI));
      machine.close(fd);
    }
    done.set(true);
    racer.get();
    assertThat(bound).isGreaterThan(0);
    assertThat(raced).contains(true);
    waiter.await(
        () -> machine.kernel.registry().registered() == 0, "the shutdowns of closed eventfds");
    assertThat(one.irqfds()).isEmpty();
    assertThat(two.irqfds()).isEmpty();
  }
}
