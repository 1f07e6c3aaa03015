package org.irqbypass.kvm;

import java.nio.ByteBuffer;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.jspecify.annotations.Nullable;

/**
 * An in-kernel device of a VM ({@code struct kvm_device}, {@code KVM_CREATE_DEVICE}), configured
 * through attributes. Attributes are numbered by a group (u32) and a number (u64); what their
 * address points to is a buffer in native byte order, or null where it cannot be read or written.
 */
public abstract class KvmDevice implements Fingerprinted {
  private final Vm vm;

  /**
   * Makes a device of a VM.
   *
   * @param vm whose
   */
  protected KvmDevice(Vm vm) {
    this.vm = vm;
  }

  /** Makes devices of one type ({@code struct kvm_device_ops}). */
  @FunctionalInterface
  public interface Factory {
    /**
     * Makes a device ({@code create}). Under the VM's lock.
     *
     * @param vm whose
     * @return the device
     * @throws ErrnoException {@code EBUSY}, {@code EEXIST}: there is one already; others as the
     *     device says
     */
    KvmDevice create(Vm vm);
  }

  /**
   * Whose device this is.
   *
   * @return the VM, which lives as long as this device's descriptor
   */
  public final Vm vm() {
    return vm;
  }

  /**
   * {@code KVM_SET_DEVICE_ATTR}.
   *
   * @param group u32
   * @param attribute u64
   * @param payload what the attribute's address points to; null: unreadable
   * @throws ErrnoException {@code EPERM}: this device has no attributes to set; {@code ENXIO}:
   *     unknown group or attribute; others as the attribute says
   */
  public void setAttr(int group, long attribute, @Nullable ByteBuffer payload) {
    throw noAccessor("set");
  }

  /**
   * {@code KVM_GET_DEVICE_ATTR}.
   *
   * @param group u32
   * @param attribute u64
   * @param payload receives the value; null: unwritable
   * @throws ErrnoException {@code EPERM}: this device has no attributes to get; {@code ENXIO}:
   *     unknown group or attribute; others as the attribute says
   */
  public void getAttr(int group, long attribute, @Nullable ByteBuffer payload) {
    throw noAccessor("get");
  }

  /**
   * {@code KVM_HAS_DEVICE_ATTR}. Returns if the attribute exists.
   *
   * @param group u32
   * @param attribute u64
   * @throws ErrnoException {@code EPERM}: this device has no attributes to ask for; {@code ENXIO}:
   *     unknown group or attribute, or the hardware for it is missing
   */
  public void hasAttr(int group, long attribute) {
    throw noAccessor("ask for");
  }

  private ErrnoException noAccessor(String verb) {
    return new ErrnoException(Errno.EPERM, this + " has no attributes to " + verb);
  }

  /**
   * The device's descriptor was closed ({@code kvm_device_ops.release}). The device is gone if this
   * returns true; otherwise it lives on in the VM until {@link #destroy()}, as interrupt
   * controllers do.
   *
   * @return whether that was the device's end
   */
  protected boolean release() {
    return false;
  }

  /** The VM is gone, and with it this device ({@code kvm_device_ops.destroy}). */
  protected void destroy() {}

  @Override
  public void writeTo(FingerprintSink sink) {}
}
