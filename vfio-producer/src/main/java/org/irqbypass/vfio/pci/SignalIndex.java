package org.irqbypass.vfio.pci;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.DescriptorTable;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.vfio.IrqSet;
import org.jspecify.annotations.Nullable;

/**
 * An index whose one interrupt is not a host interrupt but a word from the kernel to userspace: ERR
 * or REQ ({@code vfio_pci_set_ctx_trigger_single()}, {@code vfio_pci_intrs.c}).
 */
final class SignalIndex implements Fingerprinted {
  private final DescriptorTable descriptors;
  private volatile @Nullable EventfdContext trigger;

  SignalIndex(DescriptorTable descriptors) {
    this.descriptors = descriptors;
  }

  /** ACTION_TRIGGER. Called with the igate held. */
  void trigger(IrqSet set) {
    if (set.start() != 0 || set.count() > 1) {
      throw new ErrnoException(Errno.EINVAL, set + ": this index has one interrupt");
    }
    EventfdContext current = trigger;
    switch (set.dataType()) {
      case IrqSet.DATA_NONE -> {
        if (current == null) {
          throw new ErrnoException(Errno.EINVAL, set + ": no eventfd was set");
        }
        if (set.count() == 0) {
          trigger = null;
        } else {
          current.signal();
        }
      }
      case IrqSet.DATA_BOOL -> {
        refuseEmpty(set);
        if (current != null && set.bool(0)) {
          current.signal();
        }
      }
      default -> {
        refuseEmpty(set);
        int fd = set.fd(0);
        if (fd == -1) {
          trigger = null;
        } else if (fd >= 0) {
          trigger = descriptors.eventfd(fd);
        }
      }
    }
  }

  private static void refuseEmpty(IrqSet set) {
    if (set.count() == 0) {
      throw new ErrnoException(Errno.EINVAL, set + ": no interrupt named");
    }
  }

  /**
   * Tells userspace.
   *
   * @return false if no eventfd is set
   */
  boolean signal() {
    EventfdContext current = trigger;
    if (current == null) {
      return false;
    }
    current.signal();
    return true;
  }

  void release() {
    trigger = null;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.putReference(trigger);
  }
}
