package org.irqbypass.vfio;

import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.OpenFile;

/** An open {@code /dev/vfio/vfio}. Safe for use from many threads. */
public final class VfioContainerFile extends OpenFile {
  /** {@code VFIO_TYPE1_IOMMU}. */
  public static final int TYPE1_IOMMU = 1;

  /** {@code VFIO_TYPE1v2_IOMMU}. */
  public static final int TYPE1_V2_IOMMU = 3;

  private final VfioContainer container;

  VfioContainerFile(VfioContainer container) {
    this.container = container;
  }

  /**
   * Gives the container its IOMMU driver ({@code VFIO_SET_IOMMU}).
   *
   * @param type {@link #TYPE1_IOMMU} or {@link #TYPE1_V2_IOMMU}
   * @throws ErrnoException {@code EINVAL} if it has no group, or an IOMMU already; {@code ENODEV}
   *     if there is no driver of that type
   */
  public void setIommu(int type) {
    container.setIommu(type);
  }

  VfioContainer container() {
    return container;
  }

  @Override
  protected void release() {}

  @Override
  public String toString() {
    return "VFIO container";
  }
}
