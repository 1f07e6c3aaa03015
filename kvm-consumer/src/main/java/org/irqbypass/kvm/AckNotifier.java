package org.irqbypass.kvm;

/** Is told that the guest has acknowledged an interrupt ({@code struct kvm_irq_ack_notifier}). */
public interface AckNotifier {
  /**
   * Which interrupt.
   *
   * @return the guest interrupt, the same at each call
   */
  int gsi();

  /**
   * The guest has acknowledged it. Called on the acknowledging vCPU's thread, with no lock of the
   * interrupt controllers held.
   */
  void acked();
}
