package org.irqbypass.errno;

/**
 * The Linux error numbers that the modelled calls return ({@code
 * include/uapi/asm-generic/errno*.h}). Immutable and safe to share between threads.
 */
public enum Errno {
  /** Operation not permitted. */
  EPERM(1),
  /** No such entry. */
  ENOENT(2),
  /** Interrupted while sleeping. */
  EINTR(4),
  /** Input/output error. */
  EIO(5),
  /** No such device or address. */
  ENXIO(6),
  /** Bad file descriptor. */
  EBADF(9),
  /** Try again. */
  EAGAIN(11),
  /** Out of memory. */
  ENOMEM(12),
  /** Permission denied. */
  EACCES(13),
  /** Bad address: a structure could not be read. */
  EFAULT(14),
  /** Device or resource busy. */
  EBUSY(16),
  /** Exists already. */
  EEXIST(17),
  /** No such device. */
  ENODEV(19),
  /** Invalid argument. */
  EINVAL(22),
  /** Too many open files. */
  EMFILE(24),
  /** Operation not supported by this file or device. */
  ENOTTY(25),
  /** No space left. */
  ENOSPC(28),
  /** Result out of range. */
  ERANGE(34),
  /** The call would wait for itself. */
  EDEADLK(35),
  /** Function not implemented by this hardware. */
  ENOSYS(38),
  /** Too many levels: what was asked for would go round without end. */
  ELOOP(40),
  /** Argument list too long. */
  E2BIG(7),
  /** Operation not supported. */
  EOPNOTSUPP(95);

  private final int number;

  Errno(int number) {
    this.number = number;
  }

  /**
   * The positive number Linux gives this error.
   *
   * @return the number, 1 to 133
   */
  public int number() {
    return number;
  }

  /**
   * The error of a number.
   *
   * @param number positive, as Linux numbers errors
   * @return the error
   * @throws IllegalArgumentException if none here has that number
   */
  public static Errno of(int number) {
    for (Errno errno : values()) {
      if (errno.number == number) {
        return errno;
      }
    }
    throw new IllegalArgumentException("no errno is numbered " + number);
  }
}
