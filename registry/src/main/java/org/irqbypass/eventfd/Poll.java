package org.irqbypass.eventfd;

/**
 * The poll events of an eventfd, as Linux numbers them ({@code include/uapi/linux/eventpoll.h}).
 */
public final class Poll {
  /** {@code EPOLLIN}: the count is above 0. */
  public static final int IN = 0x001;

  /** {@code EPOLLOUT}: a write of 1 would not sleep. */
  public static final int OUT = 0x004;

  /** {@code EPOLLERR}: the count is at its maximum. */
  public static final int ERR = 0x008;

  /** {@code EPOLLHUP}: the file was closed. */
  public static final int HUP = 0x010;

  private Poll() {}
}
