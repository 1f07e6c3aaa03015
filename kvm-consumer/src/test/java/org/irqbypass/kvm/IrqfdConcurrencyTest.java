package org.irqbypass.kvm;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.kvm.KvmHost.msi;

import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.atomic.AtomicBoolean;
import org.irqbypass.assembly.HostKernel;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.DescriptorTable;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdFile;
import org.irqbypass.eventfd.EventfdFlag;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.host.PostedPlatform;
import org.irqbypass.kvm.x86.LocalApic;
import org.irqbypass.kvm.x86.X86;
import org.irqbypass.kvm.x86.X86Vcpu;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.LinuxPairing;
import org.irqbypass.registry.RegistryRules;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.ExecutorWorkQueue;
import org.irqbypass.work.ThreadWaiter;
import org.irqbypass.work.Waiter;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** Irqfds under real threads. */
class IrqfdConcurrencyTest {
  private final ExecutorService threads = Executors.newFixedThreadPool(4);
  private final ExecutorService deferred = Executors.newFixedThreadPool(2);
  private final Waiter waiter = new ThreadWaiter();
  private final Tracepoints trace = Tracepoints.untimed();
  private final DescriptorTable descriptors = new DescriptorTable();
  private final Eventfds eventfds = new Eventfds(waiter, trace);
  private final ExecutorWorkQueue queue = new ExecutorWorkQueue(deferred, waiter);
  private final BypassRegistry registry =
      new BypassRegistry(RegistryRules.LINUX_6_17, new LinuxPairing(), queue, waiter, trace);
  private final Kvm kvm =
      new Kvm(
          new X86(),
          new HostKernel(
              new PostedPlatform("x86-posted"), descriptors, registry, queue, waiter, trace),
          KvmRules.LINUX_6_17,
          ConnectPolicy.OPPORTUNISTIC);

  @AfterEach
  void stopThreads() {
    threads.shutdownNow();
    deferred.shutdownNow();
  }

  private int eventfd() {
    return descriptors.install(
        new EventfdFile(new EventfdContext(eventfds, 0, EnumSet.of(EventfdFlag.NONBLOCK))));
  }

  private Vm vm() {
    Vm vm = kvm.vm(kvm.createVm());
    vm.createIrqchip();
    vm.createVcpu(0);
    ((X86Vcpu) vm.vcpuById(0)).localApic().setSpuriousVector(LocalApic.SOFTWARE_ENABLED | 0xff);
    return vm;
  }

  private static Errno assign(Vm vm, int fd, int gsi) {
    try {
      vm.irqfd(IrqfdRequest.assign(fd, gsi));
      return Errno.EPERM; // stands for success: nothing here returns it
    } catch (ErrnoException refused) {
      return refused.errno();
    }
  }

  /** The kernel's own {@code kvm/irqfd_test.c}, its racing part. */
  @Test
  void aRacerSeesSuccessBusyOrBadDescriptor_andDeassignAlwaysSucceeds() throws Exception {
    Vm first = vm();
    Vm second = vm();
    AtomicBoolean stop = new AtomicBoolean();
    int fd = eventfd(); // the number is closed and given out again and again
    descriptors.close(fd);
    Set<Errno> seen = ConcurrentHashMap.newKeySet();
    Future<?> racer =
        threads.submit(
            () -> {
              while (!stop.get()) {
                seen.add(assign(second, fd, 5));
                try {
                  second.irqfd(IrqfdRequest.deassign(fd, 5));
                } catch (ErrnoException closed) {
                  seen.add(closed.errno());
                }
              }
            });
    for (int round = 0; round < 2_000; round++) {
      int own = eventfd();
      assertThat(own).isEqualTo(fd);
      Errno one = assign(first, own, 10);
      Errno two = assign(first, own, 11);
      assertThat(List.of(one, two)).contains(Errno.EBUSY); // at most one may succeed
      first.irqfd(IrqfdRequest.deassign(own, 10));
      first.irqfd(IrqfdRequest.deassign(own, 11));
      descriptors.close(own);
    }
    stop.set(true);
    racer.get();
    assertThat(Set.of(Errno.EPERM, Errno.EBUSY, Errno.EBADF)).containsAtLeastElementsIn(seen);
    waiter.await(() -> registry.registered() == 0, "the shutdowns of closed eventfds");
    assertThat(first.irqfds()).isEmpty();
    assertThat(second.irqfds()).isEmpty();
  }

  @Test
  void anInterruptUsesTheOldRouteOrTheNewOne_neverNothing() throws Exception {
    Vm vm = vm();
    LocalApic apic = ((X86Vcpu) vm.vcpuById(0)).localApic();
    vm.setGsiRouting(List.of(msi(24, 0x41)), 0);
    int fd = eventfd();
    vm.irqfd(IrqfdRequest.assign(fd, 24));
    AtomicBoolean stop = new AtomicBoolean();
    Future<?> router =
        threads.submit(
            () -> {
              for (int i = 0; !stop.get(); i++) {
                vm.setGsiRouting(List.of(msi(24, 0x41 + (i & 1))), 0);
              }
            });
    for (int i = 0; i < 20_000; i++) {
      descriptors.eventfd(fd).signal();
      int vector = vm.vcpuById(0).take();
      assertThat(vector).isAnyOf(0x41, 0x42);
      vm.vcpuById(0).end(vector);
    }
    stop.set(true);
    router.get();
    assertThat(apic.irr()).isEmpty();
  }

  @Test
  void closingTheVmWhileOthersBindLeavesNothingRegistered() throws Exception {
    for (int round = 0; round < 200; round++) {
      int vmFd = kvm.createVm();
      Vm vm = kvm.vm(vmFd);
      vm.createIrqchip();
      List<Integer> fds = List.of(eventfd(), eventfd(), eventfd());
      List<Future<Errno>> binders =
          fds.stream().map(fd -> threads.submit(() -> assign(vm, fd, 24))).toList();
      descriptors.close(vmFd);
      for (Future<Errno> binder : binders) {
        assertThat(binder.get()).isAnyOf(Errno.EPERM, Errno.EBADF);
      }
      waiter.await(() -> registry.registered() == 0, "the shutdowns");
      assertThat(vm.irqfds()).isEmpty();
      fds.forEach(descriptors::close);
    }
  }
}
