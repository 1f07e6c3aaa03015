package org.irqbypass.legacy;

import org.irqbypass.trace.TraceEvent;
import org.irqbypass.vfio.VfioGroup;
import org.irqbypass.vfio.VfioInterrupt;

/** What a KVM-VFIO device tells its listener. */
public sealed interface LegacyEvent extends TraceEvent {
  /**
   * A group was added ({@code kvm_vfio_file_add()}).
   *
   * @param device to what
   * @param group which
   */
  record GroupAdded(KvmVfioDevice device, VfioGroup group) implements LegacyEvent {}

  /**
   * A group was deleted ({@code kvm_vfio_file_del()}).
   *
   * @param device from what
   * @param group which
   */
  record GroupDeleted(KvmVfioDevice device, VfioGroup group) implements LegacyEvent {}

  /**
   * An interrupt is forwarded from now on, whether or not hardware bypasses it yet.
   *
   * @param device by what
   * @param interrupt which
   * @param gsi to which guest interrupt, unsigned
   */
  record Forwarded(KvmVfioDevice device, VfioInterrupt interrupt, int gsi) implements LegacyEvent {}

  /**
   * A message that was posted was programmed anew, for what its route says now.
   *
   * @param device by what
   * @param interrupt which
   * @param gsi to which guest interrupt, unsigned
   */
  record Reprogrammed(KvmVfioDevice device, VfioInterrupt interrupt, int gsi)
      implements LegacyEvent {}

  /**
   * An interrupt is not forwarded any more.
   *
   * @param device by what it was
   * @param interrupt which
   * @param gsi to which guest interrupt it was, unsigned
   */
  record Unforwarded(KvmVfioDevice device, VfioInterrupt interrupt, int gsi)
      implements LegacyEvent {}
}
