package org.irqbypass.kvm;

import org.irqbypass.eventfd.EventfdContext;
import org.jspecify.annotations.Nullable;

/**
 * What the resampled irqfds of one guest interrupt share ({@code struct
 * kvm_kernel_irqfd_resampler}): one source of the line, and one notifier. The newest irqfd is
 * signalled first.
 */
final class Resampler implements AckNotifier {
  private final Vm vm;
  private final int gsi;

  /** Written under the lock of resamplers. */
  final SafeList<Irqfd> irqfds = new SafeList<>();

  Resampler(Vm vm, int gsi) {
    this.vm = vm;
    this.gsi = gsi;
  }

  @Override
  public int gsi() {
    return gsi;
  }

  /** Lowers the line once, then tells every irqfd ({@code irqfd_resampler_ack()}). */
  @Override
  public void acked() {
    if (vm.trace().enabled()) {
      vm.trace().emit(new KvmEvent.ResamplerAck(vm, gsi));
    }
    vm.setIrq(Vm.RESAMPLER_SOURCE, gsi, 0, false);
    for (SafeList.Node<Irqfd> node = irqfds.first(); node != null; node = node.next()) {
      @Nullable EventfdContext resampled = node.value.resampleEventfd();
      if (resampled != null) {
        resampled.signal();
      }
    }
  }
}
