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
  private static final VarHandle TOKEN;
  private static final VarHandle PEER;
  private static final VarHandle REFUSAL;
  private static final VarHandle REFUSAL_ERRNO;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      PHASE = lookup.findVarHandle(BypassSide.class, "phase", Phase.class);
      TOKEN = lookup.findVarHandle(BypassSide.class, "token", BypassToken.class);
      PEER = lookup.findVarHandle(BypassSide.class, "peer", BypassSide.class);
      REFUSAL = lookup.findVarHandle(BypassSide.class, "refusal", BypassReason.class);
      REFUSAL_ERRNO = lookup.findVarHandle(BypassSide.class, "refusalErrno", Errno.class);
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
  // who may see the fields of two different moments: a status is advice, never a decision. So they
  // are written with release: the token's unlock is the one fence that all of them share.
  private volatile @Nullable BypassToken token;
  private volatile @Nullable BypassSide peer;
  private volatile BypassReason refusal = BypassReason.NO_PEER;
  private volatile @Nullable Errno refusalErrno;

  BypassSide(ConnectPolicy policy) {
    this.policy = policy;
  }

  final boolean claim(Phase from) {
    return phase == from && PHASE.compareAndSet(this, from, Phase.CLAIMED);
  }

  /**
   * Ends a claim under the token's lock, whose unlock follows. Whoever claims the side next
   * acquires what was written under this claim.
   */
  final void settle(Phase to) {
    PHASE.setRelease(this, to);
  }

  /** Gives up a claim for which no lock was taken; with the fence that an unlock would be. */
  final void abandon(Phase to) {
    phase = to;
  }

  final Phase phase() {
    return phase;
  }

  final void token(BypassToken newToken) {
    TOKEN.setRelease(this, newToken);
  }

  final void peer(@Nullable BypassSide newPeer) {
    PEER.setRelease(this, newPeer);
  }

  final void refused(BypassReason reason, @Nullable Errno errno) {
    REFUSAL.setRelease(this, reason);
    REFUSAL_ERRNO.setRelease(this, errno);
  }

  /** The errno is written with a fence: {@link BypassRegistry#retry} is looked for after it. */
  final void refused(ErrnoException thrown) {
    REFUSAL.setRelease(
        this, thrown instanceof BypassRefusal typed ? typed.reason() : BypassReason.PEER_REFUSED);
    refusalErrno = thrown.errno();
  }

  final BypassReason refusal() {
    return refusal;
  }

  final @Nullable Errno refusalErrno() {
    return refusalErrno;
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
