package org.irqbypass.registry;

/** Why an interrupt is not bypassed. */
public enum BypassReason {
  /** It is bypassed. */
  BYPASSED,
  /** The side was never registered, or was unregistered. */
  NOT_REGISTERED,
  /** Nobody has registered the other side under this token. */
  NO_PEER,
  /** Another one of the same side has the token. */
  DUPLICATE_TOKEN,
  /** The other side refused; its errno says why. */
  PEER_REFUSED,
  /** The guest interrupt has no route. */
  ROUTE_MISSING,
  /** The guest interrupt has several routes. */
  ROUTE_AMBIGUOUS,
  /** The route is no message-signalled interrupt. */
  NOT_MSI,
  /** The route reaches several vCPUs, or none. */
  SEVERAL_DESTINATIONS,
  /** The delivery mode cannot be posted: NMI, SMI, INIT, ExtINT. */
  DELIVERY_MODE,
  /**
   * The message leads to no guest interrupt: no interrupt translation service of the guest has its
   * address, or the guest has mapped no interrupt to its device and event.
   */
  NOT_TRANSLATED,
  /**
   * The translation that was bypassed to is gone: the guest has taken it away, or it went with a
   * host interrupt that was freed since.
   */
  TRANSLATION_GONE,
  /** Another interrupt is bypassed to the same guest interrupt. */
  GUEST_INTERRUPT_TAKEN,
  /** The route has changed since the sides met, and the kernel does not program the new one. */
  ROUTE_CHANGED,
  /** The interrupt was masked when the sides met. */
  IRQ_MASKED,
  /** The interrupt was being handled when the sides met. */
  IRQ_ACTIVE,
  /** The host's hardware cannot bypass this kind of interrupt. */
  HARDWARE_CANNOT,
  /** The bypass is switched off for this side. */
  SWITCHED_OFF
}
