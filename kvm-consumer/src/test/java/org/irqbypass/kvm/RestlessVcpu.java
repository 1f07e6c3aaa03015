package org.irqbypass.kvm;

import static com.google.common.truth.Truth.assertThat;

import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.irqbypass.kvm.Vcpu.Scheduling;

/** A vCPU that blocks, is preempted, runs and moves all the time, while a device interrupts it. */
public final class RestlessVcpu {
  private static final int ROUNDS = 20_000;

  private RestlessVcpu() {}

  /**
   * The device interrupts from a thread of its own, each time only after the guest took the one
   * before. Ends only if none is lost.
   *
   * @param vcpu on the calling thread
   * @param interrupt what the vCPU takes
   * @param device raises it
   */
  public static void takesAll(Vcpu vcpu, int interrupt, Runnable device) throws Exception {
    ExecutorService threads = Executors.newSingleThreadExecutor();
    try {
      AtomicBoolean armed = new AtomicBoolean(true);
      Future<?> raising =
          threads.submit(
              () -> {
                for (int i = 0; i < ROUNDS; i++) {
                  while (!armed.compareAndSet(true, false)) {
                    Thread.onSpinWait();
                  }
                  device.run();
                }
              });
      for (int taken = 0, turn = 0; taken < ROUNDS; turn++) {
        schedule(vcpu, turn);
        if (vcpu.take() >= 0) {
          taken++;
          vcpu.end(interrupt);
          armed.set(true);
        }
      }
      raising.get();
      assertThat(vcpu.hasPending()).isFalse();
    } finally {
      threads.shutdownNow();
    }
  }

  private static void schedule(Vcpu vcpu, int turn) {
    switch (turn % 4) {
      case 0 -> {
        vcpu.put();
        vcpu.load(turn % 5);
      }
      case 1 -> vcpu.enter();
      default -> {
        if (vcpu.block()) {
          while (vcpu.scheduling() == Scheduling.BLOCKED) {
            Thread.onSpinWait();
          }
          if (turn % 4 == 2) { // else the guest's next step loads it where it was
            vcpu.load(turn % 5);
          }
        }
      }
    }
  }
}
