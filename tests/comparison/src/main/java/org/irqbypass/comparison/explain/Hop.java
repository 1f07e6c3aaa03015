package org.irqbypass.comparison.explain;

/**
 * One stretch of an interrupt's way from the device to the vCPU.
 *
 * @param stage where
 * @param text what happens there
 * @param pace how
 */
public record Hop(Stage stage, String text, Pace pace) {
  /** Where on the way. */
  public enum Stage {
    /** The device. */
    DEVICE,
    /** The host's interrupt and what it is programmed for. */
    HOST,
    /** VFIO's handler and the eventfd. */
    VFIO,
    /** Where VFIO's interrupt and KVM's irqfd meet. */
    REGISTRY,
    /** KVM's irqfd, or whoever else reads the eventfd. */
    IRQFD,
    /** The guest interrupt's route and the guest's interrupt controller. */
    ROUTE,
    /** The vCPU. */
    VCPU
  }

  /** What a hop costs. */
  public enum Pace {
    /** Hardware does it, or nothing is to be done. */
    FAST,
    /** Software of the host does it. */
    SLOW,
    /** The way ends here. */
    ENDS
  }
}
