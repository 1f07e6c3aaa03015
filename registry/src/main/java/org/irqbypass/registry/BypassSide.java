package org.irqbypass.registry;

import com.google.common.collect.ImmutableList;
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
@SuppressWarnings("EnumOrdinal") // never leaves the object: see the fields
public abstract sealed class BypassSide implements Fingerprinted
    permits BypassProducer, BypassConsumer {
  /** The life of a side. {@code CLAIMED}: a register or unregister call is working on it. */
  enum Phase {
    UNREGISTERED,
    CLAIMED,
    REGISTERED;

    private static final ImmutableList<Phase> ALL = ImmutableList.copyOf(values());
  }

  private static final ImmutableList<BypassReason> REASONS =
      ImmutableList.copyOf(BypassReason.values());
  private static final int ERRNO_SHIFT = 8;

  private static final VarHandle PHASE;
  private static final VarHandle TOKEN;
  private static final VarHandle STANDING;

  static {
    try {
      MethodHandles.Lookup lookup = MethodHandles.lookup();
      PHASE = lookup.findVarHandle(BypassSide.class, "phase", int.class);
      TOKEN = lookup.findVarHandle(BypassSide.class, "token", BypassToken.class);
      STANDING = lookup.findVarHandle(BypassSide.class, "standing", int.class);
    } catch (ReflectiveOperationException impossible) {
      throw new ExceptionInInitializerError(impossible);
    }
  }

  private final ConnectPolicy policy;

  // Numbers, where enums would read better: a reference that is written into an old object costs a
  // fence under the garbage collector that most JVMs run (G1), and a registration wrote sixteen.
  // With a million pairs resident it took 690 ns with them, 440 without.

  /**
   * A {@link Phase}'s ordinal. Claimed by compare-and-set before the token's lock is taken, so that
   * one side cannot be registered under two tokens at once.
   */
  private volatile int phase = Phase.UNREGISTERED.ordinal();

  // Written under the token's lock, or by who has claimed the side; volatile for status readers,
  // who may see the fields of two different moments: a status is advice, never a decision. So they
  // are written with release: the token's unlock is the one fence that all of them share.
  private volatile @Nullable BypassToken token;

  /**
   * A {@link BypassReason}'s ordinal and, above it, the number of the errno or 0: why this side was
   * refused last, or {@code BYPASSED} if it is connected; its peer is then the token's other side.
   */
  private volatile int standing = BypassReason.NO_PEER.ordinal();

  BypassSide(ConnectPolicy policy) {
    this.policy = policy;
  }

  final boolean claim(Phase from) {
    return phase == from.ordinal()
        && PHASE.compareAndSet(this, from.ordinal(), Phase.CLAIMED.ordinal());
  }

  /**
   * Ends a claim under the token's lock, whose unlock follows. Whoever claims the side next
   * acquires what was written under this claim.
   */
  final void settle(Phase to) {
    PHASE.setRelease(this, to.ordinal());
  }

  /** Gives up a claim for which no lock was taken; with the fence that an unlock would be. */
  final void abandon(Phase to) {
    phase = to.ordinal();
  }

  final Phase phase() {
    return Phase.ALL.get(phase);
  }

  final void token(BypassToken newToken) {
    if (token != newToken) {
      TOKEN.setRelease(this, newToken);
    }
  }

  final void connected() {
    refused(BypassReason.BYPASSED, null);
  }

  final void refused(BypassReason reason, @Nullable Errno errno) {
    STANDING.setRelease(this, standing(reason, errno));
  }

  /** Written with a fence: {@link BypassRegistry#retry} is looked for after it. */
  final void refused(ErrnoException thrown) {
    standing =
        standing(
            thrown instanceof BypassRefusal typed ? typed.reason() : BypassReason.PEER_REFUSED,
            thrown.errno());
  }

  private static int standing(BypassReason reason, @Nullable Errno errno) {
    return reason.ordinal() | (errno == null ? 0 : errno.number() << ERRNO_SHIFT);
  }

  final BypassReason refusal() {
    return reason(standing);
  }

  final @Nullable Errno refusalErrno() {
    return errno(standing);
  }

  private static BypassReason reason(int standing) {
    return REASONS.get(standing & (1 << ERRNO_SHIFT) - 1);
  }

  private static @Nullable Errno errno(int standing) {
    return standing >> ERRNO_SHIFT == 0 ? null : Errno.of(standing >> ERRNO_SHIFT);
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
    BypassToken under = token;
    return under == null || !isConnected() ? null : other(under);
  }

  /** The side that a token has beside this one. */
  abstract @Nullable BypassSide other(BypassToken token);

  final boolean isConnected() {
    return standing == BypassReason.BYPASSED.ordinal();
  }

  /**
   * Whether the registry has this side.
   *
   * @return true between a successful register and unregister
   */
  public final boolean isRegistered() {
    return phase() == Phase.REGISTERED;
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
    int now = standing;
    if (now == BypassReason.BYPASSED.ordinal()) {
      BypassToken under = token;
      BypassSide other = under == null ? null : other(under);
      if (other != null) {
        BypassReason mine = connectedReason();
        return new BypassStatus(
            BypassStatus.State.CONNECTED,
            mine == BypassReason.BYPASSED ? other.connectedReason() : mine,
            null);
      }
      now = BypassReason.NO_PEER.ordinal(); // it is coming or going at this moment
    }
    BypassReason reason = reason(now);
    if (phase() == Phase.REGISTERED) {
      return new BypassStatus(BypassStatus.State.WAITING, reason, errno(now));
    }
    return new BypassStatus(
        BypassStatus.State.UNREGISTERED,
        reason == BypassReason.NO_PEER ? BypassReason.NOT_REGISTERED : reason,
        errno(now));
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.put(phase).putReference(token).put(standing);
  }
}
