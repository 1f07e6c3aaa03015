package org.irqbypass.vfio;

import java.util.concurrent.atomic.AtomicReference;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdFile;
import org.irqbypass.eventfd.EventfdWaiter;
import org.irqbypass.eventfd.OpenFile;
import org.irqbypass.eventfd.Poll;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.work.Work;
import org.jspecify.annotations.Nullable;

/**
 * A slot for an eventfd that masks or unmasks an interrupt when it is written ({@code struct
 * virqfd}, {@code drivers/vfio/virqfd.c}). What can be done inside the wake-up is done there; the
 * rest is deferred, because an eventfd cannot be signalled from inside a wake-up.
 *
 * <p>Safe for use from many threads. {@link #enable}, {@link #disable} and {@link #flush} may wait.
 */
public final class Virqfd implements Fingerprinted {
  /** What a wake-up does. */
  @FunctionalInterface
  public interface Handler {
    /**
     * The eventfd was written. Runs inside its wake-up: must not signal an eventfd, and must not
     * wait.
     *
     * @return true if {@code deferred} has to run too
     */
    boolean handle();
  }

  private final Vfio vfio;
  private final String name;
  private final Handler handler;
  private final Work inject;
  private final AtomicReference<@Nullable Attachment> attached = new AtomicReference<>();

  /** The last detaching that was begun; flushed by who must know that it is over. */
  private volatile @Nullable Work shutdown;

  /**
   * Makes an empty slot.
   *
   * @param vfio the host's
   * @param name what the eventfd does, for a person to read
   * @param handler runs inside the wake-up
   * @param deferred runs from the work queue, where the handler asks for it
   */
  public Virqfd(Vfio vfio, String name, Handler handler, Runnable deferred) {
    this.vfio = vfio;
    this.name = name;
    this.handler = handler;
    this.inject =
        new Work(
            "virqfd_inject",
            () -> {
              if (vfio.kernel().trace().enabled()) {
                vfio.kernel().trace().emit(new VfioEvent.VirqfdInject(this));
              }
              deferred.run();
            });
  }

  /**
   * Attaches an eventfd ({@code vfio_virqfd_enable()}). If its count is above 0 already it counts
   * as written, and the count stays.
   *
   * @param fd its descriptor
   * @throws ErrnoException {@code EBADF} if nothing is open there; {@code EINVAL} if it is no
   *     eventfd; {@code EBUSY} if the slot is taken
   */
  public void enable(int fd) {
    OpenFile file = vfio.kernel().descriptors().fget(fd);
    try {
      if (!(file instanceof EventfdFile eventfd)) {
        throw new ErrnoException(Errno.EINVAL, "descriptor " + fd + " is no eventfd");
      }
      attach(eventfd.context());
    } finally {
      file.put(); // the last reference hangs up, as a close during the call does
    }
  }

  private void attach(EventfdContext eventfd) {
    Attachment attachment = new Attachment(eventfd);
    if (!attached.compareAndSet(null, attachment)) {
      throw new ErrnoException(Errno.EBUSY, name + " has an eventfd already");
    }
    int events = eventfd.addWaiter(attachment, EventfdWaiter.Kind.SHARED);
    if ((events & Poll.IN) != 0) {
      run();
    }
  }

  /** Detaches the eventfd, if there is one, and waits until it is detached. */
  public void disable() {
    Attachment attachment = attached.getAndSet(null);
    if (attachment != null && !scheduleShutdown(attachment)) {
      attachment.shutDown();
    }
    Work last = shutdown;
    if (last != null) {
      vfio.kernel().workQueue().flush(last);
      shutdown = null;
    }
  }

  /** Waits until what was deferred has run ({@code vfio_virqfd_flush_thread()}). */
  public void flush() {
    vfio.kernel().workQueue().flush(inject);
  }

  /**
   * Whether an eventfd is attached.
   *
   * @return false after its last file was closed
   */
  public boolean isEnabled() {
    return attached.get() != null;
  }

  private void run() {
    if (handler.handle()) {
      vfio.kernel().workQueue().schedule(inject);
    }
  }

  /** Returns false if the work queue takes no work: who calls does it. */
  private boolean scheduleShutdown(Attachment attachment) {
    shutdown = attachment.shutdown;
    try {
      vfio.kernel().workQueue().schedule(attachment.shutdown);
      return true;
    } catch (RuntimeException | Error refused) {
      return false;
    }
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    Attachment attachment = attached.get();
    sink.putReference(attachment)
        .putReference(attachment == null ? null : attachment.eventfd)
        .putReference(shutdown)
        .putReference(inject);
  }

  @Override
  public String toString() {
    return name;
  }

  /** An eventfd in the slot, as an entry of its wait queue. */
  private final class Attachment extends EventfdWaiter {
    final EventfdContext eventfd;
    final Work shutdown = new Work("virqfd_shutdown", this::shutDown);

    Attachment(EventfdContext eventfd) {
      this.eventfd = eventfd;
    }

    @Override
    protected boolean wake(EventfdContext woken, int events) {
      if ((events & Poll.IN) != 0) {
        woken.drainLocked();
        run();
      }
      if ((events & Poll.HUP) != 0
          && attached.compareAndSet(this, null)
          && !scheduleShutdown(this)) {
        woken.removeLocked(this);
      }
      return false;
    }

    private void shutDown() {
      if (vfio.kernel().trace().enabled()) {
        vfio.kernel().trace().emit(new VfioEvent.VirqfdShutdown(Virqfd.this));
      }
      eventfd.removeWaiter(this);
      vfio.kernel().workQueue().flush(inject);
    }
  }
}
