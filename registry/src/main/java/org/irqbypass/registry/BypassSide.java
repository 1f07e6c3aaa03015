package org.irqbypass.registry;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.jspecify.annotations.Nullable;

/**
 * What producers and consumers have in common: a place in the registry. An owner extends {@link
 * BypassProducer} or {@link BypassConsumer}; the registry keeps its state in these fields, so that
 * it needs no memory of its own.
 */
public abstract sealed class BypassSide implements Fingerprinted
    permits BypassProducer, BypassConsumer {
  /** The life of a side. {@code CLAIMED}: a register or unregister call is working on it. */
  enum Phase {
    UNREGISTERED,
    CLAIMED,
    REGISTERED
  }

  private static final VarHandle PHASE;

  static {
    try {
      PHASE = MethodHandles.lookup().findVarHandle(BypassSide.class, "phase", Phase.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final ConnectPolicy policy;

  /**
   * Claimed by compare-and-set before the token's lock is taken, so that one side cannot be
   * registered under two tokens at once.
   */
  private volatile Phase phase = Phase.UNREGISTERED;

  // Written under the token's lock, or by who has claimed the side; volatile for status readers,
  // who may see the fields of two different moments: a status is advice, never a decision.
  volatile @Nullable BypassToken token;
  volatile @Nullable BypassSide peer;
  volatile BypassReason refusal = BypassReason.NO_PEER;
  volatile @Nullable Errno refusalErrno;

  BypassSide(ConnectPolicy policy) {
    this.policy = policy;
  }

  final boolean claim(Phase from) {
    return phase == from && PHASE.compareAndSet(this, from, Phase.CLAIMED);
  }

  final void settle(Phase to) {
    phase = to;
  }

  final Phase phase() {
    return phase;
  }

  final void refused(BypassReason reason, @Nullable Errno errno) {
    refusal = reason;
    refusalErrno = errno;
  }

  final void refused(ErrnoException thrown) {
    refused(
        thrown instanceof BypassRefusal typed ? typed.reason() : BypassReason.PEER_REFUSED,
        thrown.errno());
  }

  /**
   * What happens when this side cannot be connected.
   *
   * @return the policy this side was made with
   */
  public final ConnectPolicy policy() {
    return policy;
  }

  /**
   * The token this side was last registered under, also when that failed or is over.
   *
   * @return null before the first registration
   */
  public final @Nullable BypassToken token() {
    return token;
  }

  /**
   * The other side.
   *
   * @return null unless the two are connected
   */
  public final @Nullable BypassSide peer() {
    return peer;
  }

  /**
   * Whether the registry has this side.
   *
   * @return true between a successful register and unregister
   */
  public final boolean isRegistered() {
    return phase == Phase.REGISTERED;
  }

  /**
   * Whether this side has a callback. In Linux a callback is a function pointer that may be null;
   * the registry does not call one that is not there, and refuses a consumer without its mandatory
   * ones.
   *
   * @param callback which
   * @return true unless overridden
   */
  protected boolean has(Callback callback) {
    return true;
  }

  /** Interrupts must stop: what is in flight has ended when this returns. May block. */
  protected void stop() {}

  /** Interrupts may flow again. */
  protected void start() {}

  /**
   * Why this side's callback refused with a positive number, which says so to nobody.
   *
   * @return of the last connect that was tried; {@link BypassReason#PEER_REFUSED} unless this side
   *     knows better, or if it did not refuse
   */
  protected BypassReason refusedReason() {
    return BypassReason.PEER_REFUSED;
  }

  /**
   * Why the hardware does not bypass although the sides are connected.
   *
   * @return {@link BypassReason#BYPASSED} if it does
   */
  protected BypassReason connectedReason() {
    return BypassReason.BYPASSED;
  }

  /**
   * Whether this side's interrupt is bypassed and, if not, why.
   *
   * @return a snapshot
   */
  public final BypassStatus status() {
    if (policy == ConnectPolicy.DISABLED) {
      return new BypassStatus(BypassStatus.State.UNREGISTERED, BypassReason.SWITCHED_OFF, null);
    }
    BypassSide other = peer;
    if (other != null) {
      BypassReason mine = connectedReason();
      return new BypassStatus(
          BypassStatus.State.CONNECTED,
          mine == BypassReason.BYPASSED ? other.connectedReason() : mine,
          null);
    }
    if (phase == Phase.REGISTERED) {
      return new BypassStatus(BypassStatus.State.WAITING, refusal, refusalErrno);
    }
    BypassReason reason = refusal == BypassReason.NO_PEER ? BypassReason.NOT_REGISTERED : refusal;
    return new BypassStatus(BypassStatus.State.UNREGISTERED, reason, refusalErrno);
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.putReference(phase)
        .putReference(token)
        .putReference(peer)
        .putReference(refusal)
        .putReference(refusalErrno);
  }
}
