package org.irqbypass.kvm;

import static com.google.common.collect.ImmutableList.toImmutableList;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.atomic.AtomicLong;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdFile;
import org.irqbypass.eventfd.EventfdWaiter;
import org.irqbypass.eventfd.OpenFile;
import org.irqbypass.eventfd.Poll;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.ConnectFailedException;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.work.EveryStep;
import org.irqbypass.work.SpinLock;
import org.jspecify.annotations.Nullable;

/**
 * The irqfds of one VM ({@code kvm->irqfds}, {@code virt/kvm/eventfd.c}): binding, unbinding, and
 * what follows from a new routing table.
 *
 * <p><b>Locks.</b> {@code lock} guards the index by gsi, the cached routes, and what the consumers
 * keep of their producers; {@code resamplerLock} the resamplers. Order: a registry token's lock,
 * then {@code lock} or {@code resamplerLock}, then an eventfd's wait-queue lock, then those of the
 * interrupt controllers. An eventfd's wake-up takes neither of the two: a hang-up only deactivates
 * the irqfd and schedules work.
 *
 * <p><b>Cost.</b> Binding and unbinding look up one eventfd and one gsi, whatever else is bound. A
 * new table touches the irqfds whose entries differ; those that are paired without a message route
 * are looked at each time, because Linux calls the architecture for them each time.
 */
final class Irqfds {
  private static final Comparator<Irqfd> ORDER = Comparator.comparingLong(Irqfd::sequence);

  private final Vm vm;
  private final SpinLock lock = new SpinLock();
  private final SpinLock resamplerLock = new SpinLock();

  /** Those whose shutdown has not ended. */
  private final Set<Irqfd> dying = ConcurrentHashMap.newKeySet();

  /** Those of them whose shutdown no work queue has taken: who waits for it does it. */
  private final Set<Irqfd> refusedShutdowns = ConcurrentHashMap.newKeySet();

  private final AtomicLong sequence = new AtomicLong();

  // All guarded by lock.
  private final IrqfdsByGsi byGsi = new IrqfdsByGsi();
  private final Set<Irqfd> pairedWithoutMessage = new LinkedHashSet<>();
  private final Map<Integer, Set<ExplicitForwarding>> forwardings = new TreeMap<>();
  private boolean closed;

  // Guarded by resamplerLock.
  private final Map<Integer, Resampling> resamplers = new HashMap<>();

  /** A resampler and its place among the VM's notifiers. */
  private record Resampling(Resampler resampler, SafeList.Node<AckNotifier> notifier) {}

  Irqfds(Vm vm) {
    this.vm = vm;
  }

  void lock() {
    lock.lock();
  }

  void unlock() {
    lock.unlock();
  }

  /** {@code kvm_irqfd_assign()}, in the order of its checks. */
  void assign(IrqfdRequest request, ConnectPolicy policy) {
    boolean resample = (request.flags() & IrqfdRequest.RESAMPLE) != 0;
    if (!vm.architecture().isInterruptControllerReady()) {
      throw new ErrnoException(
          Errno.EAGAIN, "the interrupt controller of " + vm + " is not initialized");
    }
    if (!vm.architecture().allowsIrqfd(resample)) {
      throw new ErrnoException(
          Errno.EINVAL,
          vm + " has no interrupt controller for an irqfd with flags " + request.flags());
    }
    OpenFile file = vm.kvm().kernel().descriptors().fget(request.fd());
    try {
      if (!(file instanceof EventfdFile eventfd)) {
        throw new ErrnoException(Errno.EINVAL, "descriptor " + request.fd() + " is no eventfd");
      }
      EventfdContext resampled =
          resample ? vm.kvm().kernel().descriptors().eventfd(request.resamplefd()) : null;
      assign(eventfd.context(), resampled, request.gsi(), policy);
    } finally {
      file.put(); // the last reference hangs up, as a close during the call does
    }
  }

  private void assign(
      EventfdContext eventfd, @Nullable EventfdContext resampled, int gsi, ConnectPolicy policy) {
    Irqfd irqfd = new Irqfd(vm, eventfd, resampled, gsi, sequence.getAndIncrement(), policy);
    boolean refusable = mayBeRefused(irqfd);
    if (!refusable) {
      irqfd.goLive(); // who finds the eventfd bound, and signals it, has reached the guest
    }
    if (resampled != null) {
      joinResampler(irqfd);
    }
    boolean bound = false;
    try {
      bind(irqfd);
      bound = true;
    } finally {
      if (!bound) {
        leaveResampler(irqfd);
      }
    }
    boolean assigned = false;
    try {
      if (refusable) {
        offer(irqfd);
        irqfd.goLive();
        injectEarlier(irqfd);
      } else {
        injectEarlier(irqfd);
        offer(irqfd);
      }
      assigned = true;
    } finally {
      if (!assigned && irqfd.deactivate()) {
        withdraw(irqfd);
      } // else it stays, or is shut down already by a close
      irqfd.settle();
    }
  }

  /** Enters the indexes and the eventfd's wait queue. Nothing has changed when this throws. */
  private void bind(Irqfd irqfd) {
    EventfdContext eventfd = irqfd.eventfd();
    lock.lock();
    try {
      if (closed) {
        throw new ErrnoException(Errno.EBADF, vm + " is closed");
      }
      irqfd.cacheRoute(vm.routing().onlyRoute(irqfd.gsi()));
      if (vm.kvm().rules().irqfdUniquePerHost()) {
        if (eventfd.addOnlyPriorityWaiter(irqfd.waiter()) < 0) {
          throw new ErrnoException(
              Errno.EBUSY, eventfd + " is bound already, in this VM or another");
        }
      } else {
        if (of(eventfd) != null) {
          throw new ErrnoException(Errno.EBUSY, eventfd + " is bound in " + vm + " already");
        }
        eventfd.addWaiter(irqfd.waiter(), EventfdWaiter.Kind.PRIORITY_EXCLUSIVE);
      }
      byGsi.add(irqfd);
    } finally {
      lock.unlock();
    }
  }

  /**
   * Whether the call fails if the connect does. Then the irqfd takes no signal before it is certain
   * that it stays. Tolerated race: a producer that requires the connect may be registered right
   * after this; what was signalled up to the refusal has then reached the guest.
   */
  private boolean mayBeRefused(Irqfd irqfd) {
    return irqfd.consumer().policy() == ConnectPolicy.REQUIRED
        || vm.kvm().kernel().registry().requiresConnect(irqfd.eventfd());
  }

  /** Signals are taken by now; those that came before are one injection. */
  private void injectEarlier(Irqfd irqfd) {
    if ((irqfd.eventfd().poll() & Poll.IN) != 0) {
      vm.kvm().kernel().workQueue().schedule(irqfd.injectWork());
    }
  }

  /** Registers the consumer; a failure is the caller's only where a policy requires the bypass. */
  private void offer(Irqfd irqfd) {
    VmConsumer consumer = irqfd.consumer();
    if (consumer.policy() == ConnectPolicy.DISABLED
        || (vm.kvm().rules().consumersNeedHardware() && !vm.architecture().canBypass())) {
      return;
    }
    irqfd.offered();
    boolean required = consumer.policy() == ConnectPolicy.REQUIRED;
    try {
      // A positive refusal is no failure here; where one is, the registry throws.
      vm.kvm().kernel().registry().register(consumer, irqfd.eventfd());
    } catch (ConnectFailedException refused) {
      if (refused.policy() == ConnectPolicy.REQUIRED) {
        throw refused;
      } // else the registry's listener was told, and the irqfd works without
    } catch (ErrnoException refused) {
      if (required) {
        throw refused;
      }
    }
  }

  /**
   * Undoes a binding. One that never took a signal leaves the eventfd its count; what another one
   * has taken reached the guest, but for what it deferred, which is waited for.
   */
  private void withdraw(Irqfd irqfd) {
    irqfd.eventfd().withdrawWaiter(irqfd.waiter());
    // Who calls has something more important to throw than these.
    new EveryStep()
        .take(() -> vm.kvm().kernel().workQueue().flush(irqfd.injectWork()))
        .take(() -> leaveResampler(irqfd))
        .take(irqfd::unregister)
        .take(() -> gone(irqfd));
  }

  /** {@code kvm_irqfd_deassign()}: what does not match is no error. */
  void deassign(IrqfdRequest request) {
    EventfdContext eventfd = vm.kvm().kernel().descriptors().eventfd(request.fd());
    Irqfd irqfd = of(eventfd, request.gsi());
    EveryStep steps = new EveryStep();
    if (irqfd != null) {
      deactivate(irqfd);
      steps.take(() -> flushShutdown(irqfd));
    }
    flushShutdowns(steps);
  }

  /** {@code kvm_irqfd_release()}: the VM is closed. */
  void close() {
    lock.lock();
    try {
      closed = true;
    } finally {
      lock.unlock();
    }
    all().forEach(this::deactivate);
    flushShutdowns(new EveryStep());
  }

  /**
   * Schedules the shutdown, once ({@code irqfd_deactivate()}). Never blocks. A queue that takes no
   * work leaves it to the next call that waits for shutdowns, the VM's close at the latest.
   */
  void deactivate(Irqfd irqfd) {
    if (!irqfd.isActive()) {
      return;
    }
    // First, so that a call that finds the irqfd not active finds it here, and waits for its end.
    dying.add(irqfd);
    if (irqfd.deactivate()) {
      try {
        vm.kvm().kernel().workQueue().schedule(irqfd.shutdownWork());
      } catch (RuntimeException | Error refused) {
        refusedShutdowns.add(irqfd);
      }
      irqfd.shutdownBegins();
    } else if (irqfd.isGone()) {
      dying.remove(irqfd); // another call ended it between the two looks
    }
  }

  private void flushShutdowns(EveryStep steps) {
    if (!dying.isEmpty()) {
      for (Irqfd irqfd : inOrder(dying)) {
        steps.take(() -> flushShutdown(irqfd));
      }
    }
    steps.throwFirst();
  }

  private void flushShutdown(Irqfd irqfd) {
    irqfd.awaitShutdown();
    if (!refusedShutdowns.isEmpty() && refusedShutdowns.remove(irqfd)) {
      irqfd.shutdown();
    }
    vm.kvm().kernel().workQueue().flush(irqfd.shutdownWork());
  }

  /** The end of a shutdown. */
  void gone(Irqfd irqfd) {
    lock.lock();
    try {
      byGsi.remove(irqfd);
      pairedWithoutMessage.remove(irqfd);
    } finally {
      lock.unlock();
    }
    irqfd.gone();
    dying.remove(irqfd);
  }

  private static List<Irqfd> inOrder(Iterable<Irqfd> some) {
    List<Irqfd> ordered = new ArrayList<>();
    some.forEach(ordered::add);
    ordered.sort(ORDER);
    return ordered;
  }

  private void joinResampler(Irqfd irqfd) {
    resamplerLock.lock();
    try {
      Resampling resampling = resamplers.get(irqfd.gsi());
      if (resampling == null) {
        Resampler made = new Resampler(vm, irqfd.gsi());
        resampling = new Resampling(made, vm.addAckNotifier(made));
        resamplers.put(irqfd.gsi(), resampling);
      }
      irqfd.resampler = resampling.resampler();
      irqfd.resamplerNode = resampling.resampler().irqfds.addFirst(irqfd);
    } finally {
      resamplerLock.unlock();
    }
  }

  /** {@code irqfd_resampler_shutdown()}: the last one takes the line's level with it. */
  void leaveResampler(Irqfd irqfd) {
    if (irqfd.resampleEventfd() == null) {
      return;
    }
    if (vm.trace().enabled()) {
      vm.trace().emit(new KvmEvent.ResamplerShutdown(irqfd));
    }
    resamplerLock.lock();
    try {
      Resampler resampler = irqfd.resampler;
      SafeList.Node<Irqfd> node = irqfd.resamplerNode;
      if (resampler == null || node == null) {
        return;
      }
      irqfd.resampler = null;
      irqfd.resamplerNode = null;
      resampler.irqfds.remove(node);
      if (resampler.irqfds.first() == null) {
        Resampling resampling = resamplers.remove(irqfd.gsi());
        if (resampling != null) {
          vm.removeAckNotifier(resampling.notifier());
        }
        vm.setIrq(Vm.RESAMPLER_SOURCE, irqfd.gsi(), 0, false);
      }
    } finally {
      resamplerLock.unlock();
    }
  }

  /** {@code kvm_irq_routing_update()}. The new table is in force. */
  void routingChanged(RoutingTable before, RoutingTable after) {
    lock.lock();
    try {
      Set<Irqfd> touched = new LinkedHashSet<>(pairedWithoutMessage);
      int gsis = Math.max(before.gsis(), after.gsis());
      for (int gsi = 0; gsi < gsis; gsi++) {
        if (!sameEntries(before.at(gsi), after.at(gsi))) {
          for (Irqfd irqfd = byGsi.first(gsi); irqfd != null; irqfd = irqfd.nextOfGsi) {
            touched.add(irqfd);
          }
        }
      }
      EveryStep steps = new EveryStep();
      for (Irqfd irqfd : inOrder(touched)) {
        steps.take(() -> update(irqfd, after));
      }
      steps.throwFirst();
    } finally {
      lock.unlock();
    }
  }

  private static boolean sameEntries(Route[] some, Route[] others) {
    return some == others
        || Arrays.equals(
            some,
            others,
            (one, other) -> one == other || one.entry().equals(other.entry()) ? 0 : 1);
  }

  private void update(Irqfd irqfd, RoutingTable table) {
    irqfd.cacheRoute(table.onlyRoute(irqfd.gsi()));
    BypassProducer producer = irqfd.consumer().producer();
    if (producer == null || !irqfd.isActive()) {
      return;
    }
    if (vm.trace().enabled()) {
      vm.trace().emit(new KvmEvent.UpdateIrqfdRouting(irqfd));
    }
    int result;
    try {
      result = irqfd.consumer().path().routeChanged(producer, irqfd.route());
    } catch (ErrnoException refused) { // dropped, as in Linux, whose hook returns nothing
      result = -refused.errno().number();
    } finally {
      producerChanged(irqfd);
    }
    if (vm.trace().enabled()) {
      vm.trace().emit(new KvmEvent.UpdateIrqfdRoutingReturned(irqfd, result));
    }
  }

  /** A producer came or went, or the route of one that has a producer changed. Under the lock. */
  void producerChanged(Irqfd irqfd) {
    Route route = irqfd.route();
    boolean message = route != null && route.entry() instanceof RoutingEntry.Message;
    if (irqfd.consumer().producer() != null && !message) {
      pairedWithoutMessage.add(irqfd);
    } else {
      pairedWithoutMessage.remove(irqfd);
    }
  }

  ExplicitForwarding addForwarding(int gsi) {
    lock.lock();
    try {
      ExplicitForwarding forwarding = new ExplicitForwarding(vm, gsi);
      forwardings.computeIfAbsent(gsi, g -> new LinkedHashSet<>()).add(forwarding);
      return forwarding;
    } finally {
      lock.unlock();
    }
  }

  void moveForwarding(ExplicitForwarding forwarding, int from, int to) {
    if (from != to) {
      removeForwarding(forwarding, from);
      forwardings.computeIfAbsent(to, g -> new LinkedHashSet<>()).add(forwarding);
    }
  }

  void removeForwarding(ExplicitForwarding forwarding, int gsi) {
    Set<ExplicitForwarding> same = forwardings.get(gsi);
    if (same != null) {
      same.remove(forwarding);
      if (same.isEmpty()) {
        forwardings.remove(gsi);
      }
    }
  }

  boolean isBypassed(int gsi, @Nullable ExplicitForwarding except) {
    lock.lock();
    try {
      for (Irqfd irqfd = byGsi.first(gsi); irqfd != null; irqfd = irqfd.nextOfGsi) {
        if (irqfd.consumer().producer() != null) {
          return true;
        }
      }
      for (ExplicitForwarding forwarding : forwardings.getOrDefault(gsi, Set.of())) {
        if (forwarding != except && forwarding.isRegistered()) {
          return true;
        }
      }
      return false;
    } finally {
      lock.unlock();
    }
  }

  ImmutableList<Irqfd> all() {
    lock.lock();
    try {
      return byGsi.all().filter(Irqfd::isActive).sorted(ORDER).collect(toImmutableList());
    } finally {
      lock.unlock();
    }
  }

  @Nullable Irqfd of(EventfdContext eventfd, int gsi) {
    Irqfd irqfd = of(eventfd);
    return irqfd != null && irqfd.gsi() == gsi ? irqfd : null;
  }

  /**
   * The active irqfd that this VM has bound to an eventfd. The eventfd's own wait queue knows it;
   * an index by eventfd besides took a quarter of the time of a binding.
   */
  private @Nullable Irqfd of(EventfdContext eventfd) {
    EventfdWaiter found = eventfd.priorityWaiter(this::isOurs);
    return found == null ? null : ((Irqfd.Waiter) found).irqfd();
  }

  private boolean isOurs(EventfdWaiter waiter) {
    return waiter instanceof Irqfd.Waiter ours
        && ours.irqfd().vm() == vm
        && ours.irqfd().isActive();
  }

  void writeTo(FingerprintSink sink) {
    for (Irqfd irqfd : all()) {
      irqfd.writeTo(sink);
    }
    for (Irqfd irqfd : inOrder(dying)) {
      irqfd.writeTo(sink);
    }
    lock.lock();
    try {
      sink.put(closed);
      for (Set<ExplicitForwarding> same : forwardings.values()) {
        same.forEach(forwarding -> forwarding.writeTo(sink));
      }
    } finally {
      lock.unlock();
    }
  }
}
