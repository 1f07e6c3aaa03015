package org.irqbypass.kvm.x86;

import static com.google.common.truth.Truth.assertThat;

import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.irqbypass.kvm.KvmHost;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.kvm.Vm;
import org.junit.jupiter.api.Tag;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** The posted-interrupt descriptor (semantics 6.2), of a vCPU that is never scheduled out. */
class PostedInterruptDescriptorTest {
  @RegisterExtension final KvmHost host = new KvmHost();
  private final Vm vm = host.vm(1);
  private final X86Vcpu vcpu = KvmHost.vcpu(vm, 0);
  private final PostedInterruptDescriptor posted = vcpu.posted();

  private List<Boolean> notifications() {
    return host.events(VcpuEvent.Posted.class).stream().map(VcpuEvent.Posted::notified).toList();
  }

  @Test
  void theFirstPostingNotifies_furtherOnesWhileItIsOutstandingDoNot() {
    posted.post(0x41);
    posted.post(0x52);
    posted.post(0x41);
    assertThat(notifications()).containsExactly(true, false, false).inOrder();
    assertThat(posted.isOutstanding()).isTrue();
    assertThat(posted.isRequested(0x41)).isTrue();
  }

  @Test
  void takingMovesWhatWasPostedAndClearsTheNotification() {
    posted.post(0x41);
    posted.post(0x52);
    assertThat(vcpu.take()).isEqualTo(0x52);
    assertThat(posted.isOutstanding()).isFalse();
    assertThat(posted.isRequested(0x41)).isFalse();
    posted.post(0x41);
    assertThat(notifications()).containsExactly(true, false, true).inOrder();
  }

  @Test
  void enteringMovesWhatWasPosted() {
    posted.post(0x41);
    vcpu.enter();
    assertThat(posted.isOutstanding()).isFalse();
    assertThat(vcpu.hasPending()).isTrue();
  }

  @Test
  void theListenerIsToldOncePerNotification() {
    int[] told = new int[1];
    vcpu.listen(which -> told[0]++);
    posted.post(0x41);
    posted.post(0x42);
    assertThat(told[0]).isEqualTo(1);
  }

  @Test
  void aRunningVcpuIsNotifiedByTheNormalVectorAndNeverSuppressed() {
    vcpu.enter();
    assertThat(posted.isSuppressed()).isFalse();
    assertThat(posted.notificationVector())
        .isEqualTo(PostedInterruptDescriptor.NOTIFICATION_VECTOR);
  }

  /** Each vector that is posted at least once is taken at least once, and none else. */
  @net.jqwik.api.Tag("random")
  @Property(tries = 200)
  void whatIsPostedIsTaken(@ForAll List<@IntRange(min = 16, max = 300) Integer> steps) {
    KvmHost fresh = new KvmHost();
    X86Vcpu cpu = KvmHost.vcpu(fresh.vm(1), 0);
    Set<Integer> expected = new TreeSet<>();
    Set<Integer> taken = new TreeSet<>();
    for (int step : steps) {
      if (step <= 255) {
        cpu.posted().post(step);
        expected.add(step);
      } else {
        drain(cpu, taken);
      }
    }
    drain(cpu, taken);
    assertThat(taken).isEqualTo(expected);
  }

  private static void drain(X86Vcpu cpu, Set<Integer> taken) {
    for (int vector = cpu.take(); vector >= 0; vector = cpu.take()) {
      taken.add(vector);
      cpu.end(vector);
    }
  }

  /** Two devices post, each its own vector, only after the guest took the one before. */
  @Tag("threads")
  @Test
  void noPostingIsLostWhateverTheInterleaving() throws Exception {
    host.trace.listen(null);
    ExecutorService threads = Executors.newFixedThreadPool(2);
    try {
      int rounds = 5_000;
      int[] vectors = {0x41, 0x82};
      AtomicBoolean[] armed = {new AtomicBoolean(true), new AtomicBoolean(true)};
      List<Future<?>> devices =
          List.of(
              threads.submit(() -> post(vectors[0], armed[0], rounds)),
              threads.submit(() -> post(vectors[1], armed[1], rounds)));
      int[] taken = new int[2];
      while (taken[0] < rounds || taken[1] < rounds) {
        int vector = vcpu.take();
        if (vector >= 0) {
          int device = vector == vectors[0] ? 0 : 1;
          taken[device]++;
          vcpu.end(vector);
          armed[device].set(true);
        } else {
          Thread.onSpinWait();
        }
      }
      for (Future<?> device : devices) {
        device.get();
      }
      assertThat(taken).isEqualTo(new int[] {rounds, rounds});
      assertThat(vcpu.hasPending()).isFalse();
    } finally {
      threads.shutdownNow();
    }
  }

  private void post(int vector, AtomicBoolean armed, int rounds) {
    for (int i = 0; i < rounds; i++) {
      while (!armed.compareAndSet(true, false)) {
        Thread.onSpinWait();
      }
      posted.post(vector);
    }
  }
}
