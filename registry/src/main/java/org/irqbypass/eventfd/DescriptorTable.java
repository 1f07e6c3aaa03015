package org.irqbypass.eventfd;

import java.util.concurrent.atomic.AtomicReferenceArray;
import java.util.function.Supplier;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.work.EveryStep;
import org.jspecify.annotations.Nullable;

/**
 * The descriptors of one process ({@code struct files_struct}, {@code fs/file.c}). The lowest free
 * number is given out, as Linux does. Safe for use from many threads: opening and closing take the
 * table's lock, looking a descriptor up takes none ({@code files_lookup_fd_rcu()}). A file is
 * released outside the lock.
 */
public final class DescriptorTable {
  private static final int SMALLEST = 64;

  /**
   * Written under the lock. Replaced by a longer copy when it is full; who still reads the shorter
   * one finds what was open when its lookup began.
   */
  private volatile AtomicReferenceArray<@Nullable OpenFile> files =
      new AtomicReferenceArray<>(SMALLEST);

  private int lowestFree;

  /** Makes a table with nothing open. */
  public DescriptorTable() {}

  /**
   * Gives a file a descriptor, which takes over the caller's reference.
   *
   * @param file an open file
   * @return the lowest free descriptor, 0 or more
   */
  public synchronized int install(OpenFile file) {
    AtomicReferenceArray<@Nullable OpenFile> now = files;
    while (lowestFree < now.length() && now.get(lowestFree) != null) {
      lowestFree++;
    }
    if (lowestFree == now.length()) {
      now = twiceAsLong(now);
      files = now;
    }
    now.set(lowestFree, file);
    return lowestFree++;
  }

  /**
   * Makes a file and gives it a descriptor; if either cannot be done, what the caller did for it is
   * undone.
   *
   * @param making makes the file, whose reference the descriptor takes over; perhaps throws
   * @param undo runs before what was thrown is passed on; what it throws itself is not, since it is
   *     not why the call fails
   * @return the lowest free descriptor, 0 or more
   */
  public int installOrUndo(Supplier<? extends OpenFile> making, Runnable undo) {
    boolean installed = false;
    try {
      int fd = install(making.get());
      installed = true;
      return fd;
    } finally {
      if (!installed) {
        new EveryStep().take(undo);
      }
    }
  }

  private static AtomicReferenceArray<@Nullable OpenFile> twiceAsLong(
      AtomicReferenceArray<@Nullable OpenFile> full) {
    AtomicReferenceArray<@Nullable OpenFile> copy = new AtomicReferenceArray<>(2 * full.length());
    for (int fd = 0; fd < full.length(); fd++) {
      copy.setPlain(fd, full.getPlain(fd));
    }
    return copy;
  }

  private @Nullable OpenFile fileOrNull(int fd) {
    AtomicReferenceArray<@Nullable OpenFile> now = files;
    return fd < 0 || fd >= now.length() ? null : now.get(fd);
  }

  /**
   * The file behind a descriptor, with no reference taken.
   *
   * @param fd any number
   * @return the open file
   * @throws ErrnoException {@code EBADF} if nothing is open there
   */
  public OpenFile file(int fd) {
    OpenFile file = fileOrNull(fd);
    if (file == null) {
      throw new ErrnoException(Errno.EBADF, "descriptor " + fd + " is not open");
    }
    return file;
  }

  /**
   * The file behind a descriptor, with a reference taken that the caller puts ({@code fget()}).
   *
   * @param fd any number
   * @return the open file
   * @throws ErrnoException {@code EBADF} if nothing is open there
   */
  public OpenFile fget(int fd) {
    OpenFile file = file(fd);
    while (!file.get()) {
      // Closed and released since it was looked up; perhaps the descriptor is another file's now.
      OpenFile another = file(fd);
      if (another == file) {
        throw new ErrnoException(Errno.EBADF, "descriptor " + fd + " is being closed");
      }
      file = another;
    }
    return file;
  }

  /**
   * The eventfd behind a descriptor ({@code eventfd_ctx_fdget()}).
   *
   * @param fd any number
   * @return its context, which outlives the descriptor
   * @throws ErrnoException {@code EBADF} if nothing is open there, {@code EINVAL} if it is no
   *     eventfd
   */
  public EventfdContext eventfd(int fd) {
    if (file(fd) instanceof EventfdFile eventfd) {
      return eventfd.context();
    }
    throw new ErrnoException(Errno.EINVAL, "descriptor " + fd + " is no eventfd");
  }

  /**
   * Closes a descriptor ({@code close()}): its reference to the file is put.
   *
   * @param fd any number
   * @throws ErrnoException {@code EBADF} if nothing is open there
   */
  public void close(int fd) {
    OpenFile file;
    synchronized (this) {
      file = file(fd);
      files.set(fd, null);
      lowestFree = Math.min(lowestFree, fd);
    }
    file.put();
  }

  /**
   * How many descriptors are open.
   *
   * @return 0 when everything was closed
   */
  public synchronized int open() {
    int open = 0;
    for (int fd = 0; fd < files.length(); fd++) {
      if (fileOrNull(fd) != null) {
        open++;
      }
    }
    return open;
  }
}
