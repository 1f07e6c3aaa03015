package org.irqbypass.comparison.narrative;

/** The columns of a sequence diagram. */
public enum Lane {
  /** A device, outside the diagram's first column. */
  DEVICE("device"),
  /** The virtual machine monitor: userspace. */
  VMM("VMM"),
  /** VFIO. */
  VFIO("VFIO"),
  /** The bypass registry. */
  REGISTRY("registry"),
  /** KVM. */
  KVM("KVM"),
  /** The host's interrupt controller or IOMMU. */
  CONTROLLER("interrupt controller"),
  /** The guest's processors. */
  VCPU("vCPU");

  private final String title;

  Lane(String title) {
    this.title = title;
  }

  /** What the column is headed. */
  public String title() {
    return title;
  }
}
