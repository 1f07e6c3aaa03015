package org.irqbypass.live;

import com.sun.jna.Native;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.irqbypass.errno.Errno;

/** System calls that throw where they fail. Buffers are direct, in the machine's byte order. */
final class SystemCalls {
  static final int POLLIN = 1;
  static final int POLLOUT = 4;

  private static final int POLLNVAL = 0x20;
  private static final int O_RDWR = 2;
  private static final int O_CLOEXEC = 0x80000;
  private static final int EFD_NONBLOCK = 0x800;
  private static final int EFD_CLOEXEC = 0x80000;

  private SystemCalls() {}

  static ByteBuffer buffer(int size) {
    return ByteBuffer.allocateDirect(size).order(ByteOrder.nativeOrder());
  }

  private static long check(String call, long result) throws SystemCallException {
    if (result == -1) {
      throw new SystemCallException(call, Native.getLastError());
    }
    return result;
  }

  static int open(String path) throws SystemCallException {
    return (int) check("open", LibC.open(path, O_RDWR | O_CLOEXEC));
  }

  static void close(int fd) throws SystemCallException {
    check("close", LibC.close(fd));
  }

  static int ioctl(int fd, long request, long argument) throws SystemCallException {
    return (int) check("ioctl", LibC.ioctl(fd, request, argument));
  }

  static int ioctl(int fd, long request, ByteBuffer argument) throws SystemCallException {
    return (int) check("ioctl", LibC.ioctl(fd, request, argument));
  }

  /**
   * Makes an eventfd that never blocks.
   *
   * @param initial 32 bits
   * @param flags more than {@code EFD_NONBLOCK}
   */
  static int eventfd(int initial, int flags) throws SystemCallException {
    return (int) check("eventfd", LibC.eventfd(initial, flags | EFD_NONBLOCK | EFD_CLOEXEC));
  }

  static long readLong(int fd) throws SystemCallException {
    ByteBuffer value = buffer(Long.BYTES);
    check("read", LibC.read(fd, value, Long.BYTES));
    return value.getLong(0);
  }

  static void writeLong(int fd, long value) throws SystemCallException {
    check("write", LibC.write(fd, buffer(Long.BYTES).putLong(0, value), Long.BYTES));
  }

  /** What a poll reports at once. */
  static int poll(int fd, int events) throws SystemCallException {
    ByteBuffer polled = buffer(8).putInt(0, fd).putShort(4, (short) events);
    check("poll", LibC.poll(polled, 1, 0));
    int reported = polled.getShort(6) & 0xffff;
    if ((reported & POLLNVAL) != 0) {
      throw new SystemCallException("poll", Errno.EBADF); // what other calls say of the descriptor
    }
    return reported;
  }
}
