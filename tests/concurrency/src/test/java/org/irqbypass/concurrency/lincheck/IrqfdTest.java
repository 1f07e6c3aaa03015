package org.irqbypass.concurrency.lincheck;

import static org.irqbypass.concurrency.lincheck.ThreadedHost.told;

import java.util.Arrays;
import java.util.List;
import java.util.TreeSet;
import java.util.concurrent.locks.ReadWriteLock;
import java.util.concurrent.locks.ReentrantReadWriteLock;
import org.irqbypass.concurrency.X86Host;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.registry.ConnectPolicy;
import org.jetbrains.lincheck.datastructures.IntGen;
import org.jetbrains.lincheck.datastructures.Operation;
import org.jetbrains.lincheck.datastructures.Param;

/**
 * Irqfds: an eventfd is bound to either of two guest interrupts, unbound, signalled and read
 * (semantics 4.1), and the guest takes what comes of it.
 */
class IrqfdTest extends Linearizability {
  IrqfdTest() {
    super("irqfd assign, deassign", Concurrent.class, Sequential.class);
  }

  /** A VM and an eventfd. */
  @Param(name = "gsi", gen = IntGen.class, conf = "0:1")
  public static final class Concurrent {
    private final X86Host host = new ThreadedHost(ConnectPolicy.OPPORTUNISTIC).host;
    private final EventfdContext eventfd = host.eventfd();
    private final int fd = host.install(eventfd);

    /**
     * Binding defers an injection and unbinding runs it, in Linux too: the guest looks when no such
     * call is under way, and finds it done.
     */
    private final ReadWriteLock calls = new ReentrantReadWriteLock();

    /** Routes the two guest interrupts. */
    public Concurrent() {
      host.vm.setGsiRouting(
          List.of(
              RoutingEntry.msi(X86Host.GSI, 0xfee00000L, 0x40),
              RoutingEntry.msi(X86Host.GSI + 1, 0xfee00000L, 0x41)),
          0);
    }

    @Operation
    public String assign(@Param(name = "gsi") int gsi) {
      return call(IrqfdRequest.assign(fd, X86Host.GSI + gsi));
    }

    @Operation
    public String deassign(@Param(name = "gsi") int gsi) {
      return call(IrqfdRequest.deassign(fd, X86Host.GSI + gsi));
    }

    private String call(IrqfdRequest request) {
      calls.readLock().lock();
      try {
        return told(() -> host.vm.irqfd(request));
      } finally {
        calls.readLock().unlock();
      }
    }

    @Operation
    public boolean signal() {
      return eventfd.signal();
    }

    @Operation
    public long read() {
      try {
        return eventfd.read();
      } catch (ErrnoException empty) {
        return 0;
      }
    }

    /** There is one guest. */
    @Operation(nonParallelGroup = "guest")
    public String take() {
      calls.writeLock().lock();
      try {
        // The guest takes one after the other: what came again meanwhile is one of the same.
        var taken = new TreeSet<>(Arrays.asList(host.takeAll().split(" ", -1)));
        return String.join(" ", taken.descendingSet());
      } finally {
        calls.writeLock().unlock();
      }
    }
  }

  /** To what the eventfd is bound, its count, and what the guest has pending. */
  public static final class Sequential {
    private int bound = -1;
    private long count;
    private final TreeSet<Integer> pending = new TreeSet<>();

    public String assign(int gsi) {
      if (bound >= 0) {
        return "EBUSY";
      }
      bound = gsi;
      if (count != 0) {
        pending.add(gsi); // and the count stays, for whoever reads
      }
      return "ok";
    }

    public String deassign(int gsi) {
      if (bound == gsi) {
        bound = -1;
        count = 0; // taken by the unbinding
      }
      return "ok";
    }

    public boolean signal() {
      if (bound >= 0) {
        pending.add(bound);
        count = 0;
      } else {
        count++;
      }
      return true;
    }

    public long read() {
      long taken = count;
      count = 0;
      return taken;
    }

    public String take() {
      StringBuilder taken = new StringBuilder();
      for (int gsi : pending.descendingSet()) {
        taken.append(Integer.toHexString(0x40 + gsi)).append(' ');
      }
      pending.clear();
      return taken.toString().trim();
    }
  }
}
