package org.irqbypass.kvm;

/**
 * What differs between kernels where the host delivers messages as virtual LPIs ({@code
 * arch/arm64/kvm/vgic/vgic-v4.c}). Each of them is what a recording of Linux 6.1 shows; all are off
 * in what a user gets who does not ask.
 *
 * @param untranslatedRefused whether a producer and a consumer do not connect while the guest maps
 *     no interrupt to the message, or its ITS or LPIs are off: the connect fails with the positive
 *     {@code E_ITS_INT_UNMAPPED_INTERRUPT} or {@code EBUSY}, whoever registered last is not
 *     registered, and no later mapping helps. Newer kernels connect, and leave the interrupt to
 *     software
 * @param routeChange what becomes of a mapping when the route changes under it
 * @param unmappedByRoute whether a mapping is undone by translating the route that the irqfd has by
 *     then. Where that fails, or leads elsewhere, the mapping stays behind, and the guest goes on
 *     getting the device's interrupts after the irqfd is gone. Newer kernels undo what was mapped
 * @param routeTypeIgnored whether nobody looks at the type of the irqfd's cached route: a route to
 *     a pin is tried too, though it leads nowhere, and an irqfd whose route was taken away, of
 *     which only the type is cleared, is still connected and disconnected by the message it had
 */
public record VirtualLpiRules(
    boolean untranslatedRefused,
    RouteChange routeChange,
    boolean unmappedByRoute,
    boolean routeTypeIgnored) {

  /** What becomes of a mapping when the route changes under it. */
  public enum RouteChange {
    /**
     * Nothing: the device goes on reaching the old interrupt, while what is written to the eventfd
     * follows the new route.
     */
    IGNORED,
    /**
     * It is undone, and software injects along the new route: Linux cannot map again while it holds
     * the spinlock under which routes change.
     */
    UNMAPPED,
    /** It is undone, and made anew along the new route. No Linux release does so. */
    MAPPED_AGAIN
  }

  /** Linux 6.1. */
  public static final VirtualLpiRules LINUX_6_1 =
      new VirtualLpiRules(true, RouteChange.IGNORED, true, true);

  /** Linux 6.17. */
  public static final VirtualLpiRules LINUX_6_17 =
      new VirtualLpiRules(false, RouteChange.UNMAPPED, false, false);
}
