package org.irqbypass.registry;

import java.util.concurrent.atomic.LongAdder;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.registry.BypassSide.Phase;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.Waiter;
import org.irqbypass.work.Work;
import org.irqbypass.work.WorkQueue;
import org.jspecify.annotations.Nullable;

/**
 * The shared registry in which one side says which host interrupt signals a token, and the other
 * what the token becomes in a guest; it connects the two as soon as it knows both, and disconnects
 * them as soon as one goes ({@code virt/lib/irqbypass.c}, the IRQ bypass manager). It knows neither
 * VFIO nor KVM.
 *
 * <p><b>Where the state lives.</b> There is no table. A token carries the producer and the consumer
 * registered under it, and a side carries its token and its peer, so each call touches only the
 * objects it was given: its cost does not depend on how many others are registered.
 *
 * <p><b>Locks.</b> Linux has one mutex for the whole host; here each token has its own, and
 * registrations under different tokens never wait for each other. A call first <i>claims</i> its
 * side by compare-and-set (so one side cannot be registered twice at once; a second call for the
 * same side waits for the first), then takes the token's lock, and holds it over the callbacks.
 * Lock order: claim, token, then whatever a callback takes (VFIO's context, the VM's irqfds, the
 * vCPUs). Callbacks must not call the registry: such a call is refused with {@code EDEADLK}, since
 * under another token it could wait for a thread that waits for this one.
 *
 * <p><b>Life of a side.</b> {@code UNREGISTERED -> WAITING} (registered, no peer) {@code ->
 * CONNECTED} (the peer came, both accepted) {@code -> WAITING} (the peer went) {@code ->
 * UNREGISTERED}. If the connect fails, the side that came last stays unregistered and the other
 * waits on; only {@link ConnectPolicy#RETRY} keeps both and tries again.
 *
 * <p><b>Callbacks that throw.</b> An {@link ErrnoException} out of a callback is a refusal.
 * Anything else is the callback's own defect: it is thrown on to who made the call, after all
 * callbacks that restore have been called and all locks released. A registration has then not taken
 * place, under any policy, and the other side waits on; an unregistration has.
 *
 * <p><b>Linearization.</b> A registration takes effect where the token's field is written under the
 * token's lock; a status read without it may be of any moment during the call.
 *
 * <p>Safe for use from many threads.
 */
public final class BypassRegistry {
  private final RegistryRules rules;
  private final Pairing pairing;
  private final WorkQueue workQueue;
  private final Waiter waiter;
  private final Tracepoints trace;
  private final LongAdder registered = new LongAdder();
  private final LongAdder connected = new LongAdder();

  /**
   * Whether this thread is in a callback of this registry. A mutable box, so that setting it
   * neither allocates nor enters and leaves the thread's map: that took a third of a registration.
   */
  private final ThreadLocal<boolean[]> inCallback = ThreadLocal.withInitial(() -> new boolean[1]);

  /**
   * Makes an empty registry.
   *
   * @param rules which kernel's errnos to return
   * @param pairing the steps of connecting and disconnecting
   * @param workQueue runs the attempts of {@link ConnectPolicy#RETRY}
   * @param waiter is used to wait for another thread's call under the same token
   * @param trace is told of each call
   */
  public BypassRegistry(
      RegistryRules rules, Pairing pairing, WorkQueue workQueue, Waiter waiter, Tracepoints trace) {
    this.rules = rules;
    this.pairing = pairing;
    this.workQueue = workQueue;
    this.waiter = waiter;
    this.trace = trace;
  }

  /**
   * Registers a producer ({@code irq_bypass_register_producer()}), and connects it if its consumer
   * is there. With {@link ConnectPolicy#DISABLED} nothing happens.
   *
   * @param producer is not registered
   * @param token under what; null is refused, as in Linux
   * @return 0; or the positive number with which a callback refused, and the producer is not
   *     registered
   * @throws ErrnoException {@code EINVAL}: the token is null; {@code EBUSY}: another producer has
   *     the token; {@code EBUSY} or {@code EINVAL} by {@link RegistryRules#registeredAgain()}: this
   *     producer is registered; {@code EDEADLK}: called from a callback
   * @throws ConnectFailedException a callback refused, with its errno; {@code EIO} where it refused
   *     with a positive number and either side is {@link ConnectPolicy#REQUIRED}
   */
  public int register(BypassProducer producer, @Nullable BypassToken token) {
    return register(RegistryEvent.Call.REGISTER_PRODUCER, producer, token);
  }

  /**
   * Registers a consumer ({@code irq_bypass_register_consumer()}), and connects it if its producer
   * is there. With {@link ConnectPolicy#DISABLED} nothing happens.
   *
   * @param consumer is not registered
   * @param token under what; null is refused, as in Linux
   * @return 0; or the positive number with which a callback refused, and the consumer is not
   *     registered
   * @throws ErrnoException {@code EINVAL}: the token is null, or the consumer lacks a mandatory
   *     callback; {@code EBUSY}: another consumer has the token; {@code EBUSY} or {@code EINVAL} by
   *     {@link RegistryRules#registeredAgain()}: this consumer is registered; {@code EDEADLK}:
   *     called from a callback
   * @throws ConnectFailedException a callback refused, with its errno; {@code EIO} where it refused
   *     with a positive number and either side is {@link ConnectPolicy#REQUIRED}
   */
  public int register(BypassConsumer consumer, @Nullable BypassToken token) {
    return register(RegistryEvent.Call.REGISTER_CONSUMER, consumer, token);
  }

  /**
   * Whether a registration under a token would have to fail if its connect did: somebody registered
   * there as {@link ConnectPolicy#REQUIRED}.
   *
   * @param token under what
   * @return as of some moment during the call
   */
  public boolean requiresConnect(BypassToken token) {
    BypassProducer producer = token.producer;
    BypassConsumer consumer = token.consumer;
    return (producer != null && producer.policy() == ConnectPolicy.REQUIRED)
        || (consumer != null && consumer.policy() == ConnectPolicy.REQUIRED);
  }

  private int register(RegistryEvent.Call call, BypassSide side, @Nullable BypassToken token) {
    refuseReentry();
    if (side.policy() == ConnectPolicy.DISABLED) {
      return 0;
    }
    if (!trace.enabled()) {
      return claimAndRegister(side, token);
    }
    trace.emit(new RegistryEvent.Entered(call, side, token));
    int result;
    try {
      result = claimAndRegister(side, token);
    } catch (ErrnoException refused) {
      trace.emit(new RegistryEvent.Returned(call, side, -refused.errno().number()));
      throw refused;
    }
    trace.emit(new RegistryEvent.Returned(call, side, result));
    return result;
  }

  private int claimAndRegister(BypassSide side, @Nullable BypassToken token) {
    waiter.mightSleep();
    if (token == null) {
      throw new ErrnoException(Errno.EINVAL, side + " needs a token");
    }
    if (side instanceof BypassConsumer && !(side.has(Callback.ADD) && side.has(Callback.DELETE))) {
      throw new ErrnoException(Errno.EINVAL, side + " lacks a mandatory callback");
    }
    if (!claim(side, Phase.UNREGISTERED)) {
      throw new ErrnoException(rules.registeredAgain(), side + " is registered already");
    }
    Phase outcome = Phase.UNREGISTERED;
    boolean locked = false;
    try {
      lock(token);
      locked = true;
      side.token(token);
      int result =
          side instanceof BypassProducer producer
              ? registerLocked(producer, token)
              : registerLocked((BypassConsumer) side, token);
      if (result == 0) {
        outcome = Phase.REGISTERED;
        registered.increment();
      }
      return result;
    } finally {
      if (locked) {
        side.settle(outcome);
        unlock(token);
      } else {
        side.abandon(outcome);
        waiter.changed();
      }
    }
  }

  private int registerLocked(BypassProducer producer, BypassToken token) {
    refuseDuplicate(producer, token.producer);
    BypassConsumer consumer = token.consumer;
    int result = 0;
    if (consumer == null) {
      producer.refused(BypassReason.NO_PEER, null);
    } else {
      result = connect(producer, consumer, producer);
    }
    if (result == 0) {
      token.producer(producer);
    }
    return result;
  }

  private int registerLocked(BypassConsumer consumer, BypassToken token) {
    refuseDuplicate(consumer, token.consumer);
    BypassProducer producer = token.producer;
    int result = 0;
    if (producer == null) {
      consumer.refused(BypassReason.NO_PEER, null);
    } else {
      result = connect(producer, consumer, consumer);
    }
    if (result == 0) {
      token.consumer(consumer);
    }
    return result;
  }

  private static void refuseDuplicate(BypassSide side, @Nullable BypassSide holder) {
    if (holder != null) {
      side.refused(BypassReason.DUPLICATE_TOKEN, Errno.EBUSY);
      throw new ErrnoException(Errno.EBUSY, "the token of " + side + " is taken by " + holder);
    }
  }

  /**
   * Connects two sides under their token's lock.
   *
   * @param comer the side that came last, or the producer when an earlier refusal is tried again
   * @return 0 if they are connected, or will be tried again
   */
  private int connect(BypassProducer producer, BypassConsumer consumer, BypassSide comer) {
    ConnectPolicy policy = producer.policy().stricter(consumer.policy());
    BypassSide waiting = comer == producer ? consumer : producer;
    if (producer.retryRequested && policy != ConnectPolicy.REQUIRED) { // which is not tried again
      producer.retryRequested = false; // before the callbacks look whether they have to refuse
    }
    int result;
    boolean[] callback = inCallback.get();
    boolean outer = callback[0];
    callback[0] = true;
    try {
      result = pairing.connect(producer, consumer);
      if (result < 0) {
        throw refusedWith(result);
      }
    } catch (ErrnoException refused) {
      boolean retry = policy == ConnectPolicy.RETRY && refused.errno() == Errno.EAGAIN;
      comer.refused(refused);
      if (policy != ConnectPolicy.REQUIRED) { // else the call fails, and has changed nothing there
        waiting.refused(refused);
      }
      tellRefused(producer, consumer, comer.refusal(), refused.errno(), retry);
      if (!retry) {
        ConnectFailedException failed =
            new ConnectFailedException(
                refused.errno(),
                policy,
                comer + " could not be connected: " + refused.getMessage());
        failed.initCause(refused);
        throw failed;
      }
      if (producer.retryRequested) { // it went idle between the refusal and here
        scheduleRetry(producer);
      }
      return 0;
    } catch (RuntimeException | Error fault) { // a callback's own defect, not a refusal
      producer.refused(BypassReason.PEER_REFUSED, null);
      consumer.refused(BypassReason.PEER_REFUSED, null);
      throw fault;
    } finally {
      callback[0] = outer;
    }
    if (result != 0) {
      BypassReason said = consumer.refusedReason();
      BypassReason reason = said == BypassReason.PEER_REFUSED ? producer.refusedReason() : said;
      comer.refused(reason, null);
      tellRefused(producer, consumer, reason, null, false);
      if (policy == ConnectPolicy.REQUIRED) {
        // A number is no failure to whoever returns it to userspace, and here it has to be one.
        throw new ConnectFailedException(
            Errno.EIO, policy, comer + " could not be connected: refused with " + result);
      }
      waiting.refused(reason, null);
      return result;
    }
    producer.connected();
    consumer.connected();
    connected.increment();
    if (trace.enabled()) {
      trace.emit(new RegistryEvent.Connected(producer, consumer));
    }
    return 0;
  }

  /** A callback refused as Linux's do, with a negated errno. */
  private static ErrnoException refusedWith(int negated) {
    for (Errno errno : Errno.values()) {
      if (errno.number() == -negated) {
        return new ErrnoException(errno, "a callback returned " + negated);
      }
    }
    return new ErrnoException(
        Errno.EINVAL, "a callback returned " + negated + ", which is no errno");
  }

  private void tellRefused(
      BypassProducer producer,
      BypassConsumer consumer,
      BypassReason reason,
      @Nullable Errno errno,
      boolean willRetry) {
    if (trace.enabled()) {
      trace.emit(new RegistryEvent.Refused(producer, consumer, reason, errno, willRetry));
    }
  }

  /**
   * Unregisters a producer ({@code irq_bypass_unregister_producer()}), after disconnecting it.
   * Nothing happens if it is not registered. What a callback throws is thrown at the end, when the
   * producer is unregistered.
   *
   * @param producer perhaps registered
   * @throws ErrnoException {@code EDEADLK}: called from a callback
   */
  public void unregister(BypassProducer producer) {
    unregister(RegistryEvent.Call.UNREGISTER_PRODUCER, producer);
  }

  /**
   * Unregisters a consumer ({@code irq_bypass_unregister_consumer()}), after disconnecting it.
   * Nothing happens if it is not registered. What a callback throws is thrown at the end, when the
   * consumer is unregistered.
   *
   * @param consumer perhaps registered
   * @throws ErrnoException {@code EDEADLK}: called from a callback
   */
  public void unregister(BypassConsumer consumer) {
    unregister(RegistryEvent.Call.UNREGISTER_CONSUMER, consumer);
  }

  private void unregister(RegistryEvent.Call call, BypassSide side) {
    refuseReentry();
    if (side.policy() == ConnectPolicy.DISABLED) {
      return;
    }
    if (trace.enabled()) {
      trace.emit(new RegistryEvent.Entered(call, side, side.token()));
    }
    if (!claim(side, Phase.REGISTERED)) {
      return;
    }
    BypassToken token = side.token();
    if (token == null) {
      throw new AssertionError(side + " is registered without a token");
    }
    try {
      lock(token);
    } catch (RuntimeException neverUnlocked) {
      side.abandon(Phase.REGISTERED);
      waiter.changed();
      throw neverUnlocked;
    }
    try {
      if (side.isConnected()) {
        disconnect(token);
      }
    } finally {
      // Whatever a callback threw, the side is gone: its owner is about to free what it stands for.
      BypassSide other;
      if (side instanceof BypassProducer) {
        token.producer(null);
        other = token.consumer;
      } else {
        token.consumer(null);
        other = token.producer;
      }
      side.refused(BypassReason.NO_PEER, null);
      if (other != null) {
        other.refused(BypassReason.NO_PEER, null);
      }
      registered.decrement();
      side.settle(Phase.UNREGISTERED);
      unlock(token);
    }
  }

  private void disconnect(BypassToken token) {
    BypassProducer producer = token.producer;
    BypassConsumer consumer = token.consumer;
    if (producer == null || consumer == null) {
      throw new AssertionError("a side of " + token + " is connected to nobody");
    }
    boolean[] callback = inCallback.get();
    boolean outer = callback[0];
    callback[0] = true;
    try {
      pairing.disconnect(producer, consumer);
    } finally {
      callback[0] = outer;
      producer.refused(BypassReason.NO_PEER, null);
      consumer.refused(BypassReason.NO_PEER, null);
      connected.decrement();
      if (trace.enabled()) {
        trace.emit(new RegistryEvent.Disconnected(producer, consumer));
      }
    }
  }

  /**
   * What made a producer refuse may have ended: its interrupt went idle or was unmasked. If its
   * pairing was refused with {@code EAGAIN} under {@link ConnectPolicy#RETRY}, it is attempted
   * again from the work queue. Never blocks; may be called from an interrupt's handler.
   *
   * @param producer whose interrupt changed
   */
  public void retry(BypassProducer producer) {
    if (producer.isConnected() || producer.policy() == ConnectPolicy.DISABLED) {
      return;
    }
    // Pairs with connect(): it records the refusal and then reads the request, here the request is
    // written and then the refusal read. Both are volatile, so one of the two schedules. A producer
    // whose registration is not settled yet counts: its connect may have read the request already.
    producer.retryRequested = true;
    if (producer.phase() != Phase.UNREGISTERED && producer.refusalErrno() == Errno.EAGAIN) {
      scheduleRetry(producer);
    }
  }

  private void scheduleRetry(BypassProducer producer) {
    Work work;
    synchronized (producer) {
      work = producer.retry;
      if (work == null) {
        work = new Work("irq_bypass_retry", () -> retryNow(producer));
        producer.retry = work;
      }
    }
    workQueue.schedule(work);
  }

  private void retryNow(BypassProducer producer) {
    BypassToken token = producer.token();
    if (token == null) {
      return;
    }
    if (token.isLockedByThisThread()) {
      // A cooperative wait inside a callback runs deferred work on this very thread. The connect
      // under way reads the request if it is refused.
      producer.retryRequested = true;
      return;
    }
    lock(token);
    try {
      BypassConsumer consumer = token.consumer;
      if (token.producer != producer || consumer == null || producer.isConnected()) {
        return; // one of them went meanwhile, or they are connected
      }
      try {
        connect(producer, consumer, producer);
      } catch (ConnectFailedException refused) {
        // Told to the listener, kept in the status; nobody is there to be told by a return value.
        return;
      }
    } finally {
      unlock(token);
    }
  }

  private static boolean isUnsettled(BypassSide side) {
    return side.phase() == Phase.CLAIMED;
  }

  /** Makes a side this call's own; false if it is not in the phase that the call is for. */
  private boolean claim(BypassSide side, Phase from) {
    while (!side.claim(from)) {
      if (isUnsettled(side)) {
        waiter.await(() -> !isUnsettled(side), "another call for " + side);
      } else if (side.phase() != from) {
        return false;
      }
    }
    return true;
  }

  private void refuseReentry() {
    if (inCallback.get()[0]) {
      throw new ErrnoException(
          Errno.EDEADLK, "a callback of the bypass registry must not call the registry");
    }
  }

  private void lock(BypassToken token) {
    waiter.beforeLock(token);
    while (!token.tryLock()) {
      waiter.await(() -> !token.isLocked(), "the registry's token " + token);
    }
  }

  private void unlock(BypassToken token) {
    token.unlock();
    waiter.changed();
  }

  /**
   * How many sides are registered.
   *
   * @return 0 when nothing is left; exact when no call is under way
   */
  public long registered() {
    return registered.sum();
  }

  /**
   * How many pairings there are.
   *
   * @return 0 or more; exact when no call is under way
   */
  public long connected() {
    return connected.sum();
  }
}
