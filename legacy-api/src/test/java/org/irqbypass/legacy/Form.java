package org.irqbypass.legacy;

import org.irqbypass.kvm.KvmDevice;

/** The two ways to make the same call. */
enum Form {
  /** {@code KVM_SET_DEVICE_ATTR} with the binary structure. */
  BINARY {
    @Override
    void forward(KvmVfioDevice kv, KvmVfioDevIrq irq) {
      set(kv, KvmVfioDevice.FORWARD_IRQ, irq);
    }

    @Override
    void unforward(KvmVfioDevice kv, KvmVfioDevIrq irq) {
      set(kv, KvmVfioDevice.UNFORWARD_IRQ, irq);
    }

    @Override
    void post(KvmVfioDevice kv, KvmVfioDevIrq irq) {
      set(kv, KvmVfioDevice.POST_IRQ, irq);
    }

    @Override
    void unpost(KvmVfioDevice kv, KvmVfioDevIrq irq) {
      set(kv, KvmVfioDevice.UNPOST_IRQ, irq);
    }

    private void set(KvmDevice kv, int attribute, KvmVfioDevIrq irq) {
      kv.setAttr(KvmVfioDevice.GROUP_DEVICE, attribute, irq.toBuffer());
    }
  },
  /** The methods. */
  TYPED {
    @Override
    void forward(KvmVfioDevice kv, KvmVfioDevIrq irq) {
      kv.forward(irq);
    }

    @Override
    void unforward(KvmVfioDevice kv, KvmVfioDevIrq irq) {
      kv.unforward(irq);
    }

    @Override
    void post(KvmVfioDevice kv, KvmVfioDevIrq irq) {
      kv.post(irq);
    }

    @Override
    void unpost(KvmVfioDevice kv, KvmVfioDevIrq irq) {
      kv.unpost(irq);
    }
  };

  abstract void forward(KvmVfioDevice kv, KvmVfioDevIrq irq);

  abstract void unforward(KvmVfioDevice kv, KvmVfioDevIrq irq);

  abstract void post(KvmVfioDevice kv, KvmVfioDevIrq irq);

  abstract void unpost(KvmVfioDevice kv, KvmVfioDevIrq irq);
}
