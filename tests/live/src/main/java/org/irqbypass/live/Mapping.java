package org.irqbypass.live;

import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;

/** Memory that was mapped, until it is closed. Nobody may use its buffers any more then. */
final class Mapping implements AutoCloseable {
  static final int PAGE = 4096;

  private static final int PROT_NONE = 0;
  private static final int PROT_READ_WRITE = 3;
  private static final int MAP_SHARED = 1;
  private static final int MAP_PRIVATE_ANONYMOUS = 0x22;

  private final long address;
  private final long length;

  private Mapping(long length, int flags, int fd) throws SystemCallException {
    this.address = LibC.mmap(0, length, PROT_READ_WRITE, flags, fd, 0);
    this.length = length;
    if (address == -1) {
      throw new SystemCallException("mmap", Native.getLastError());
    }
  }

  /** What a file shares, from its beginning. */
  static Mapping of(int fd, int length) throws SystemCallException {
    return new Mapping(length, MAP_SHARED, fd);
  }

  /** Memory filled with zeros. */
  static Mapping ofMemory(int length) throws SystemCallException {
    return new Mapping(length, MAP_PRIVATE_ANONYMOUS, -1);
  }

  /** Memory that ends where a read any further faults. */
  static Mapping beforeAFault(int length) throws SystemCallException {
    long pages = ((long) length + PAGE - 1) / PAGE * PAGE;
    Mapping mapping = new Mapping(pages + PAGE, MAP_PRIVATE_ANONYMOUS, -1);
    LibC.mprotect(mapping.address + pages, PAGE, PROT_NONE);
    return mapping;
  }

  long address() {
    return address;
  }

  ByteBuffer buffer(long at, int size) {
    return new Pointer(address + at).getByteBuffer(0, size).order(ByteOrder.nativeOrder());
  }

  /** The last bytes before the fault. */
  ByteBuffer last(int size) {
    return buffer(length - PAGE - size, size);
  }

  @Override
  public void close() {
    LibC.munmap(address, length);
  }
}
