package org.irqbypass.live;

import com.sun.jna.Native;
import java.nio.ByteBuffer;

/**
 * The functions of the C library that are called, by their own names and with their own results;
 * {@link SystemCalls} is what the rest of this room uses. Loading this class loads the library and
 * fails with a {@link LinkageError} where there is none. Buffers must be direct.
 */
@SuppressWarnings({"MemberName", "checkstyle:MethodName"}) // the names are C's
final class LibC {
  static {
    Native.register(LibC.class, "c");
  }

  private LibC() {}

  static native int open(String path, int flags);

  static native int close(int fd);

  static native int ioctl(int fd, long request, long argument);

  static native int ioctl(int fd, long request, ByteBuffer argument);

  static native int eventfd(int initval, int flags);

  static native long read(int fd, ByteBuffer buffer, long count);

  static native long write(int fd, ByteBuffer buffer, long count);

  static native int poll(ByteBuffer fds, long count, int timeoutMillis);

  static native long mmap(long address, long length, int protection, int flags, int fd, long at);

  static native int munmap(long address, long length);

  static native int mprotect(long address, long length, int protection);

  static native int sched_getcpu();

  static native int sched_getaffinity(int thread, long size, ByteBuffer mask);

  static native int sched_setaffinity(int thread, long size, ByteBuffer mask);
}
