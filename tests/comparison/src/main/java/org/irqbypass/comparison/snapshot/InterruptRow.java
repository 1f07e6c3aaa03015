package org.irqbypass.comparison.snapshot;

import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.comparison.explain.Cause;
import org.irqbypass.errno.Errno;
import org.jspecify.annotations.Nullable;

/**
 * One interrupt at one moment, from the device to the guest. Immutable.
 *
 * @param name under which it is known throughout a run: the device's interrupt; or the eventfd, of
 *     an irqfd that no device's interrupt signals
 * @param interrupt the device's interrupt; null where there is only an irqfd
 * @param host what the host's interrupt is doing, such as {@code in flight}; empty without one
 * @param producer VFIO's end in the registry
 * @param eventfd what the interrupt signals, and under which the ends meet; empty without one
 * @param consumer KVM's end in the registry
 * @param binding what the eventfd becomes, such as {@code v0 gsi 24}; empty without an irqfd
 * @param route where the guest interrupt leads, such as {@code vector 0x41}; empty without a route
 * @param guest what the guest makes of it, such as {@code pending at vCPU 0}; empty if nothing
 * @param explicit whether userspace has forwarded it by a call
 * @param way how it goes
 * @param cause why
 * @param errno with which one end refused the other, or null
 */
public record InterruptRow(
    String name,
    @Nullable Interrupt interrupt,
    String host,
    End producer,
    String eventfd,
    End consumer,
    String binding,
    String route,
    String guest,
    boolean explicit,
    Path way,
    Cause cause,
    @Nullable Errno errno) {

  /** One side's place in the registry. */
  public enum End {
    /** Not in the registry. */
    ABSENT("not registered"),
    /** In the registry, without a peer. */
    WAITING("waits"),
    /** In the registry, and refused. */
    REFUSED("refused"),
    /** Paired with the other end. */
    PAIRED("paired");

    private final String word;

    End(String word) {
      this.word = word;
    }

    /** The place in a word or two. */
    public String word() {
      return word;
    }
  }

  /** How an interrupt goes that is raised now. */
  public enum Path {
    /** Hardware takes it to the guest, or leaves its completion to the guest. */
    BYPASSED("bypassed"),
    /** By the host's handler, an eventfd and KVM. */
    KERNEL("through the host"),
    /** By the host's handler and an eventfd that nobody in the kernel reads. */
    USERSPACE("through the VMM"),
    /** Nobody hears it. */
    NOWHERE("nowhere");

    private final String word;

    Path(String word) {
      this.word = word;
    }

    /** The way in a word or two. */
    public String word() {
      return word;
    }
  }

  /** Why the interrupt goes as it does: the cause in a sentence, with the errno if there is one. */
  public String reason() {
    return cause.meaning() + (errno == null ? "" : " (" + errno + ")");
  }
}
