package org.irqbypass.live;

import org.irqbypass.errno.Errno;

/** A system call that failed. */
final class SystemCallException extends Exception {
  private static final long serialVersionUID = 1L;

  private final int number;

  /**
   * Makes a failure.
   *
   * @param call which one, for people
   * @param number the error's number, positive
   */
  SystemCallException(String call, int number) {
    super(call + " failed (" + name(number) + ")");
    this.number = number;
  }

  SystemCallException(String call, Errno errno) {
    this(call, errno.number());
  }

  boolean is(Errno errno) {
    return number == errno.number();
  }

  /** The error's name, or its number where no modelled call returns it. */
  String errno() {
    return name(number);
  }

  private static String name(int number) {
    for (Errno errno : Errno.values()) {
      if (errno.number() == number) {
        return errno.name();
      }
    }
    return "errno " + number;
  }
}
