package org.irqbypass.benchmarks.measure;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.function.IntConsumer;
import org.HdrHistogram.Histogram;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.host.PostedPlatform;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vm;

/**
 * 174,000 irqfds of many VMs, made and paired with as many producers by threads at once, and torn
 * down by them: the case for which Linux replaced the lists of its registry. Each thread has the
 * VMs of its own.
 */
public final class Storm implements AutoCloseable {
  /** How many irqfds there are, as in the figures that Linux published. */
  public static final int IRQFDS = 174_000;

  /** How many threads make them. */
  public static final int THREADS = 2;

  private final ExecutorService threads = Executors.newFixedThreadPool(THREADS);
  private final X86Host host = new X86Host(new PostedPlatform("x86-posted"));
  private final int irqfds;
  private final Vm[] vms;
  private final EventfdContext[] eventfds;
  private final MessageSource[] producers;
  private final IrqfdRequest[] assign;
  private final IrqfdRequest[] deassign;

  /**
   * Makes VMs, eventfds and producers, and nothing that binds them.
   *
   * @param irqfds how many irqfds the storm is to make
   * @param vmCount how many VMs share them, a multiple of the threads
   */
  public Storm(int irqfds, int vmCount) {
    this.irqfds = irqfds;
    vms = new Vm[vmCount];
    eventfds = new EventfdContext[irqfds];
    producers = new MessageSource[irqfds];
    assign = new IrqfdRequest[irqfds];
    deassign = new IrqfdRequest[irqfds];
    List<RoutingEntry> routes = new ArrayList<>();
    int gsis = Math.min(2048, (irqfds + vmCount - 1) / vmCount);
    for (int gsi = 0; gsi < gsis; gsi++) {
      routes.add(X86Host.message(gsi, gsi % X86Host.VECTORS_PER_VCPU));
    }
    for (int i = 0; i < vmCount; i++) {
      vms[i] = host.vm(1);
      vms[i].setGsiRouting(routes, 0);
    }
    for (int i = 0; i < irqfds; i++) {
      eventfds[i] = host.eventfd();
      producers[i] = MessageSource.of(host, i);
      int fd = host.install(eventfds[i]);
      int gsi = i / vmCount % gsis;
      assign[i] = IrqfdRequest.assign(fd, gsi);
      deassign[i] = IrqfdRequest.deassign(fd, gsi);
    }
  }

  /** Binds and pairs everything. */
  public void make() {
    run(this::makeOne);
  }

  /**
   * Binds and pairs everything, and takes the time of each.
   *
   * @return how long each irqfd took whoever made it, in nanoseconds
   */
  public Histogram makeAndTime() {
    Histogram[] waits = new Histogram[THREADS];
    for (int i = 0; i < THREADS; i++) {
      waits[i] = new Histogram(3);
    }
    run(
        i -> {
          long begin = System.nanoTime();
          makeOne(i);
          waits[i % THREADS].recordValue(System.nanoTime() - begin);
        });
    Histogram all = new Histogram(3);
    for (Histogram one : waits) {
      all.add(one);
    }
    return all;
  }

  private void makeOne(int i) {
    vms[i % vms.length].irqfd(assign[i]);
    var unused = host.kernel.registry().register(producers[i], eventfds[i]);
  }

  /** Unbinds everything, and unregisters the producers. */
  public void unmake() {
    run(
        i -> {
          vms[i % vms.length].irqfd(deassign[i]);
          host.kernel.registry().unregister(producers[i]);
        });
  }

  /** Every second one is one thread's, the others the other's. */
  private void run(IntConsumer one) {
    CountDownLatch start = new CountDownLatch(THREADS);
    List<Future<?>> running = new ArrayList<>();
    for (int thread = 0; thread < THREADS; thread++) {
      int first = thread;
      running.add(
          threads.submit(
              () -> {
                start.countDown();
                start.await();
                for (int i = first; i < irqfds; i += THREADS) {
                  one.accept(i);
                }
                return null;
              }));
    }
    for (Future<?> thread : running) {
      try {
        thread.get();
      } catch (InterruptedException | ExecutionException failed) {
        throw new IllegalStateException(failed);
      }
    }
  }

  /** That every irqfd is connected with its producer. */
  public void checkMade() {
    host.deferred.run();
    Check.equal(host.kernel.registry().connected(), irqfds, "pairings");
  }

  /** That nothing is left. */
  public void checkUnmade() {
    host.deferred.run();
    Check.equal(host.kernel.registry().registered(), 0, "sides registered");
    for (Vm vm : vms) {
      Check.equal(vm.irqfds().size(), 0, "irqfds of " + vm);
    }
  }

  @Override
  public void close() {
    threads.shutdown();
  }
}
