package org.irqbypass.kvm;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;

/**
 * The binary forms that userspace hands in ({@code include/uapi/linux/kvm.h}), in native byte order
 * from the buffer's position on. Buffers are read, never consumed.
 */
final class KvmStructs {
  static final int IRQFD_SIZE = 32;
  static final int ROUTING_HEADER_SIZE = 8;
  static final int ROUTING_ENTRY_SIZE = 48;
  static final int MSI_SIZE = 32;
  static final int IRQ_LEVEL_SIZE = 8;

  /** Where the union of an entry begins, behind gsi, type, flags and padding. */
  private static final int ENTRY_UNION = 16;

  private KvmStructs() {}

  /** A view whose index 0 is the structure's first byte. */
  static ByteBuffer view(ByteBuffer buffer, int size, String what) {
    if (buffer.remaining() < size) {
      throw new ErrnoException(
          Errno.EFAULT, what + " has " + size + " bytes, not " + buffer.remaining());
    }
    return buffer.slice().order(ByteOrder.nativeOrder());
  }

  static IrqfdRequest irqfd(ByteBuffer buffer) {
    ByteBuffer view = view(buffer, IRQFD_SIZE, "struct kvm_irqfd");
    return new IrqfdRequest(view.getInt(0), view.getInt(4), view.getInt(8), view.getInt(12));
  }

  static Msi msi(ByteBuffer buffer) {
    ByteBuffer view = view(buffer, MSI_SIZE, "struct kvm_msi");
    return new Msi(
        view.getInt(0), view.getInt(4), view.getInt(8), view.getInt(12), view.getInt(16));
  }

  static ImmutableList<RoutingEntry> entries(ByteBuffer buffer, int count) {
    ByteBuffer view =
        view(
            buffer,
            ROUTING_HEADER_SIZE + count * ROUTING_ENTRY_SIZE,
            "struct kvm_irq_routing of " + count + " entries");
    ImmutableList.Builder<RoutingEntry> entries = ImmutableList.builderWithExpectedSize(count);
    for (int i = 0; i < count; i++) {
      entries.add(entry(view, ROUTING_HEADER_SIZE + i * ROUTING_ENTRY_SIZE));
    }
    return entries.build();
  }

  private static RoutingEntry entry(ByteBuffer view, int at) {
    int gsi = view.getInt(at);
    int type = view.getInt(at + 4);
    int flags = view.getInt(at + 8);
    int union = at + ENTRY_UNION;
    int first = view.getInt(union);
    int second = view.getInt(union + 4);
    return switch (type) {
      case RoutingEntry.TYPE_IRQCHIP -> new RoutingEntry.Irqchip(gsi, flags, first, second);
      case RoutingEntry.TYPE_MSI ->
          new RoutingEntry.Message(
              gsi, new Msi(first, second, view.getInt(union + 8), flags, view.getInt(union + 12)));
      case RoutingEntry.TYPE_HV_SINT -> new RoutingEntry.HypervSint(gsi, flags, first, second);
      default -> new RoutingEntry.Other(gsi, type, flags);
    };
  }
}
