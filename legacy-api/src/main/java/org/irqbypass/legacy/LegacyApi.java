package org.irqbypass.legacy;

import com.google.common.base.Preconditions;
import org.irqbypass.kvm.Kvm;
import org.irqbypass.vfio.Vfio;

/**
 * Gives a host's KVM the device type {@code KVM_DEV_TYPE_VFIO} ({@code kvm_vfio_ops_init()}, {@code
 * virt/kvm/vfio.c}). Immutable, and safe for use from many threads.
 */
public final class LegacyApi {
  private final Vfio vfio;
  private final LegacyRules rules;

  private LegacyApi(Vfio vfio, LegacyRules rules) {
    this.vfio = vfio;
    this.rules = rules;
  }

  /**
   * Registers the device type, with the attributes of 2015.
   *
   * @param kvm takes the type
   * @param vfio whose groups and devices it is about
   * @return what is registered
   * @throws org.irqbypass.errno.ErrnoException {@code EEXIST}: the type is registered
   */
  public static LegacyApi install(Kvm kvm, Vfio vfio) {
    return install(kvm, vfio, LegacyRules.PROPOSAL_2015);
  }

  /**
   * Registers the device type.
   *
   * @param kvm takes the type
   * @param vfio whose groups and devices it is about; of the same host
   * @param rules which attributes there are
   * @return what is registered
   * @throws org.irqbypass.errno.ErrnoException {@code EEXIST}: the type is registered
   */
  public static LegacyApi install(Kvm kvm, Vfio vfio, LegacyRules rules) {
    Preconditions.checkArgument(
        kvm.kernel().equals(vfio.kernel()), "KVM and VFIO are of two hosts");
    LegacyApi api = new LegacyApi(vfio, rules);
    kvm.registerDeviceType(KvmVfioDevice.TYPE, vm -> KvmVfioDevice.create(vm, api));
    return api;
  }

  /**
   * Whose groups and devices this is about.
   *
   * @return the host's VFIO
   */
  public Vfio vfio() {
    return vfio;
  }

  /**
   * Which attributes there are.
   *
   * @return the rules of every device of this type
   */
  public LegacyRules rules() {
    return rules;
  }
}
