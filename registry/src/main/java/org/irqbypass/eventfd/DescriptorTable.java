package org.irqbypass.eventfd;

import java.util.ArrayList;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.jspecify.annotations.Nullable;

/**
 * The descriptors of one process ({@code struct files_struct}, {@code fs/file.c}). The lowest free
 * number is given out, as Linux does. Safe for use from many threads; a file is released outside
 * the table's lock.
 */
public final class DescriptorTable {
  private final List<@Nullable OpenFile> files = new ArrayList<>();
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
    while (lowestFree < files.size() && files.get(lowestFree) != null) {
      lowestFree++;
    }
    if (lowestFree == files.size()) {
      files.add(file);
    } else {
      files.set(lowestFree, file);
    }
    return lowestFree++;
  }

  /**
   * The file behind a descriptor, with no reference taken.
   *
   * @param fd any number
   * @return the open file
   * @throws ErrnoException {@code EBADF} if nothing is open there
   */
  public synchronized OpenFile file(int fd) {
    OpenFile file = fd < 0 || fd >= files.size() ? null : files.get(fd);
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
  public synchronized OpenFile fget(int fd) {
    OpenFile file = file(fd);
    if (!file.get()) {
      throw new ErrnoException(Errno.EBADF, "descriptor " + fd + " is being closed");
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
    for (OpenFile file : files) {
      if (file != null) {
        open++;
      }
    }
    return open;
  }
}
