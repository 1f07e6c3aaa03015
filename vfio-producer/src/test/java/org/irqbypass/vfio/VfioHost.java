package org.irqbypass.vfio;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.collect.ImmutableList;
import com.google.errorprone.annotations.CanIgnoreReturnValue;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Deque;
import java.util.EnumSet;
import java.util.HashMap;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.irqbypass.assembly.HostKernel;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.AnonymousFile;
import org.irqbypass.eventfd.DescriptorTable;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdFile;
import org.irqbypass.eventfd.EventfdFlag;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.host.ForwardingPlatform;
import org.irqbypass.host.HostInterrupts;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.PostedPlatform;
import org.irqbypass.host.RemappedPlatform;
import org.irqbypass.host.Trigger;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.LinuxPairing;
import org.irqbypass.registry.RegistryRules;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.vfio.pci.PciFunction;
import org.irqbypass.vfio.pci.VfioPciDevice;
import org.irqbypass.vfio.platform.PlatformIrq;
import org.irqbypass.vfio.platform.VfioPlatformDevice;
import org.irqbypass.work.CooperativeWaiter;
import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.ThreadWaiter;
import org.irqbypass.work.Waiter;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.function.Executable;

/** A host with VFIO, for tests: one thread, deferred work when asked for, and a list of events. */
public final class VfioHost {
  public final Tracepoints trace = Tracepoints.untimed();
  public final DeterministicWorkQueue work = new DeterministicWorkQueue();
  public final Waiter waiter;
  public final DescriptorTable descriptors = new DescriptorTable();
  public final Eventfds eventfds;
  public final HostPlatform platform;
  public final HostInterrupts interrupts;
  public final BypassRegistry registry;
  public final Vfio vfio;
  private final List<TraceEvent> events = new ArrayList<>();
  private final Map<VfioDevice, Integer> opened = new HashMap<>();
  private int groups;

  private VfioHost(HostPlatform platform, VfioRules rules, ConnectPolicy policy) {
    this(platform, rules, policy, false);
  }

  private VfioHost(HostPlatform platform, VfioRules rules, ConnectPolicy policy, boolean threaded) {
    this.platform = platform;
    waiter = threaded ? new ThreadWaiter() : new WatchedWaiter(new CooperativeWaiter(work));
    eventfds = new Eventfds(waiter, trace);
    interrupts = new HostInterrupts(platform, waiter, trace);
    registry =
        new BypassRegistry(RegistryRules.LINUX_6_17, new LinuxPairing(), work, waiter, trace);
    vfio =
        new Vfio(
            new HostKernel(platform, descriptors, registry, work, waiter, trace), rules, policy);
  }

  public static VfioHost remapped() {
    return remapped(VfioRules.LINUX_6_1);
  }

  public static VfioHost remapped(VfioRules rules) {
    return new VfioHost(new RemappedPlatform("x86-remapped"), rules, ConnectPolicy.OPPORTUNISTIC);
  }

  /** A host whose callers are real threads; deferred work still runs only when it is told to. */
  public static VfioHost threaded() {
    return new VfioHost(
        new RemappedPlatform("x86-remapped"),
        VfioRules.LINUX_6_1,
        ConnectPolicy.OPPORTUNISTIC,
        true);
  }

  public static VfioHost posted(ConnectPolicy policy) {
    return new VfioHost(new PostedPlatform("x86-posted"), VfioRules.LINUX_6_1, policy);
  }

  /** A kernel with the producers of 2017, which no release has. */
  public static VfioHost forwarding(ConnectPolicy policy) {
    return forwarding(VfioRules.LINUX_6_1.withWiredProducers(), policy);
  }

  public static VfioHost forwarding(VfioRules rules, ConnectPolicy policy) {
    return new VfioHost(new ForwardingPlatform("arm64-gicv3"), rules, policy);
  }

  /** A waiter of one thread that lets a test look at the host where a lock region begins. */
  private final class WatchedWaiter implements Waiter {
    private final Waiter waits;

    WatchedWaiter(Waiter waits) {
      this.waits = waits;
    }

    @Override
    public void await(BooleanSupplier condition, String reason) {
      waits.await(condition, reason);
    }

    @Override
    public void mightSleep() {
      waits.mightSleep();
    }

    @Override
    public void schedule() {
      waits.schedule();
    }

    @Override
    public void beforeLock(Object lock) {
      beforeLock.accept(lock.toString());
    }

    @Override
    public void changed() {
      waits.changed();
    }
  }

  /** Told of each lock that is about to be taken, by name. */
  public Consumer<String> beforeLock = lock -> {};

  /**
   * What the call is refused with on a thread of its own: on this host of one thread, {@code
   * EDEADLK} says that it would wait for the call under way; null: it went through.
   */
  public static @Nullable Errno onAnotherThread(Runnable call) {
    AtomicReference<@Nullable Errno> refused = new AtomicReference<>();
    Thread thread =
        new Thread(
            () -> {
              try {
                call.run();
              } catch (ErrnoException thrown) {
                refused.set(thrown.errno());
              }
            });
    thread.start();
    try {
      thread.join();
    } catch (InterruptedException interrupted) {
      throw new AssertionError(interrupted);
    }
    return refused.get();
  }

  /** What an explorer takes for the state of an object. */
  public static List<String> fingerprint(Fingerprinted object) {
    List<String> values = new ArrayList<>();
    write(object, values, reference -> {});
    return values;
  }

  /** The same of everything that an object leads to as well. */
  public static List<String> allOf(Fingerprinted object) {
    List<String> values = new ArrayList<>();
    Set<Object> met = Collections.newSetFromMap(new IdentityHashMap<>());
    Deque<Fingerprinted> unread = new ArrayDeque<>(List.of(object));
    for (Fingerprinted next = unread.poll(); next != null; next = unread.poll()) {
      write(
          next,
          values,
          reference -> {
            if (reference instanceof Fingerprinted stateful && met.add(reference)) {
              unread.add(stateful);
            }
          });
    }
    return values;
  }

  private static void write(
      Fingerprinted object, List<String> values, Consumer<Object> references) {
    object.writeTo(
        new FingerprintSink() {
          @Override
          public FingerprintSink put(long value) {
            values.add(Long.toString(value));
            return this;
          }

          @Override
          public FingerprintSink putReference(@Nullable Object reference) {
            values.add(reference == null ? "null" : "" + System.identityHashCode(reference));
            if (reference != null) {
              references.accept(reference);
            }
            return this;
          }
        });
  }

  /** Keeps events from now on. */
  public void record() {
    events.clear();
    trace.listen((nanos, event) -> events.add(event));
  }

  public ImmutableList<TraceEvent> events() {
    return ImmutableList.copyOf(events);
  }

  public <T extends TraceEvent> ImmutableList<T> events(Class<T> kind) {
    return events.stream()
        .filter(kind::isInstance)
        .map(kind::cast)
        .collect(ImmutableList.toImmutableList());
  }

  public int eventfd() {
    return eventfd(0);
  }

  public int eventfd(long initial) {
    return descriptors.install(
        new EventfdFile(new EventfdContext(eventfds, initial, EnumSet.of(EventfdFlag.NONBLOCK))));
  }

  public EventfdContext context(int fd) {
    return descriptors.eventfd(fd);
  }

  public long count(int fd) {
    return context(fd).count();
  }

  public int notAnEventfd() {
    return descriptors.install(new AnonymousFile());
  }

  /** A PCIe function with INTx, 4 MSIs and 8 MSI-Xs. */
  public PciFunction.Builder function() {
    return PciFunction.builder(interrupts, "nic").msi(4).msix(8);
  }

  public VfioPciDevice open(PciFunction function) {
    VfioPciDevice device = new VfioPciDevice(vfio, function.name(), function);
    open(device);
    device.writeConfig(4, 2, PciFunction.COMMAND_ENABLED | PciFunction.COMMAND_MASTER);
    return device;
  }

  public VfioPciDevice openNic() {
    return open(function().build());
  }

  public VfioPlatformDevice openPlatform(Trigger trigger) {
    VfioPlatformDevice device =
        new VfioPlatformDevice(
            vfio,
            "uart",
            ImmutableList.of(new PlatformIrq(interrupts.allocate("vfio-irq[0](uart)", trigger))));
    open(device);
    return device;
  }

  /** Opens a device in a group and container of its own; returns its descriptor. */
  public int open(VfioDevice device) {
    VfioGroup group = new VfioGroup(vfio, groups++).add(device);
    int container = vfio.openContainer();
    int groupFd = vfio.openGroup(group);
    vfio.group(groupFd).setContainer(container);
    vfio.container(container).setIommu(1);
    int fd = vfio.group(groupFd).deviceFd(device.name());
    opened.put(device, fd);
    descriptors.close(groupFd);
    descriptors.close(container);
    return fd;
  }

  /** Closes what {@link #open} opened. */
  public void close(VfioDevice device) {
    descriptors.close(Objects.requireNonNull(opened.remove(device)));
  }

  /** The host interrupt, which must be requested. */
  public static HostIrq irq(VfioDevice device, int index, int subindex) {
    return Objects.requireNonNull(device.interrupt(index, subindex).hostIrq());
  }

  @CanIgnoreReturnValue
  public static ErrnoException assertErrno(Errno errno, Executable call) {
    ErrnoException refused = assertThrows(ErrnoException.class, call);
    assertThat(refused.errno()).isEqualTo(errno);
    return refused;
  }
}
