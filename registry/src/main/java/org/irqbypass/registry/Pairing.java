package org.irqbypass.registry;

/**
 * The steps by which two sides are connected and disconnected ({@code __connect()} and {@code
 * __disconnect()}, {@code virt/lib/irqbypass.c}). A host is built with {@link LinuxPairing}; a test
 * may build one with steps of its own.
 */
public interface Pairing {
  /**
   * Connects two sides. When this returns anything but 0, or throws, neither side keeps anything of
   * the other, and both are started.
   *
   * @param producer one side
   * @param consumer the other
   * @return 0, or the number with which a callback refused; below 0 it is a negated errno
   * @throws org.irqbypass.errno.ErrnoException a callback refused
   */
  int connect(BypassProducer producer, BypassConsumer consumer);

  /**
   * Disconnects two sides that were connected. All steps are taken even if one throws; the first
   * exception is thrown at the end.
   *
   * @param producer one side
   * @param consumer the other
   */
  void disconnect(BypassProducer producer, BypassConsumer consumer);
}
