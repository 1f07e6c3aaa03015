package org.irqbypass.registry;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.jspecify.annotations.Nullable;

/**
 * By which a producer and a consumer recognize that they are two ends of one interrupt: an eventfd
 * ({@code struct eventfd_ctx *}), or a {@link PrivateToken} for an explicit pairing. A token serves
 * one registry at a time.
 *
 * <p>The token itself carries who is registered under it, so that a registration looks up nothing
 * and costs the same with one pair as with a million. Its own lock makes registrations under
 * different tokens independent of each other.
 */
public abstract class BypassToken implements Fingerprinted {
  private static final VarHandle OWNER;
  private static final VarHandle PRODUCER;
  private static final VarHandle CONSUMER;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      OWNER = lookup.findVarHandle(BypassToken.class, "owner", long.class);
      PRODUCER = lookup.findVarHandle(BypassToken.class, "producer", BypassProducer.class);
      CONSUMER = lookup.findVarHandle(BypassToken.class, "consumer", BypassConsumer.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  /**
   * The number of the thread that holds the token's lock; no thread's is 0. Acquired and released
   * through {@link #OWNER}. A number for the reason given in {@link BypassSide}.
   */
  private volatile long owner;

  // Guarded by the token's lock, and written with release under it; volatile so that they can be
  // read without it.
  volatile @Nullable BypassProducer producer;
  volatile @Nullable BypassConsumer consumer;

  /** Makes a token under which nobody is registered. */
  protected BypassToken() {}

  /** Acquires the lock; what its last owner wrote is visible then. */
  final boolean tryLock() {
    return owner == 0 && OWNER.compareAndSet(this, 0L, Thread.currentThread().getId());
  }

  final boolean isLockedByThisThread() {
    return owner == Thread.currentThread().getId();
  }

  final boolean isLocked() {
    return owner != 0;
  }

  final void producer(@Nullable BypassProducer newProducer) {
    PRODUCER.setRelease(this, newProducer);
  }

  final void consumer(@Nullable BypassConsumer newConsumer) {
    CONSUMER.setRelease(this, newConsumer);
  }

  /**
   * Releases the lock and publishes what was written under it. With a fence: whoever unlocks looks
   * afterwards whether somebody waits.
   */
  final void unlock() {
    OWNER.setVolatile(this, 0L);
  }

  /** Writes who is registered under the token. */
  @Override
  public void writeTo(FingerprintSink sink) {
    sink.putReference(producer).putReference(consumer);
  }
}
