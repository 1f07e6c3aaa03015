package org.irqbypass.comparison.explain;

import org.irqbypass.registry.BypassReason;

/** Why an interrupt is bypassed, or is not. Those that the library knows have its names. */
public enum Cause {
  /** Hardware takes it to the vCPU, or leaves its completion to the guest. */
  BYPASSED("it is bypassed", "nothing is left to do"),
  /** Bypassed to a vCPU that is scheduled out. */
  VCPU_PREEMPTED(
      "it is bypassed, and its vCPU is scheduled out",
      "let the vCPU run, or let the guest move the interrupt to one that does"),
  /** Bypassed to a vCPU that waits for it. */
  VCPU_BLOCKED(
      "it is bypassed, and its vCPU sleeps", "it costs a wake-up; to poll would cost a whole CPU"),
  /** Forwarded by hand, to where the guest has moved it away from. */
  STALE_ROUTE(
      "it is bypassed by a route that the guest has replaced",
      "issue FORWARD_IRQ again, as the explicit attributes require after each change"),
  /** Nobody requested the host interrupt. */
  NOT_SET_UP("VFIO has not requested it", "give it an eventfd with VFIO_DEVICE_SET_IRQS"),
  /** There is no eventfd. */
  NO_TRIGGER(
      "VFIO has requested it and has no eventfd to signal",
      "give it an eventfd with VFIO_DEVICE_SET_IRQS"),
  /** The VMM reads the eventfd. */
  NO_IRQFD(
      "no irqfd has its eventfd: whoever reads the eventfd has to inject",
      "bind the eventfd to a guest interrupt with KVM_IRQFD"),
  /** Linux has no producer for it. */
  NO_PRODUCER(
      "VFIO registers no producer for an interrupt of this kind",
      "use MSI or MSI-X; for wired interrupts there is a proposal of 2017 only"),
  /** Nobody registered. */
  NOT_REGISTERED("nobody has told the registry of it", "set the vector up again"),
  /** The other end is missing. */
  NO_PEER("its other end is not in the registry", "bind the eventfd with KVM_IRQFD"),
  /** One eventfd, two of a side. */
  DUPLICATE_TOKEN(
      "another one has registered the same eventfd",
      "give each vector, and each guest interrupt, an eventfd of its own"),
  /** The other end said no. */
  PEER_REFUSED("the other end refused", "remove what it refused for, and set the vector up again"),
  /** No route. */
  ROUTE_MISSING("the guest interrupt has no route", "give it one with KVM_SET_GSI_ROUTING"),
  /** Several routes. */
  ROUTE_AMBIGUOUS(
      "the guest interrupt has several routes", "route it to one message with KVM_SET_GSI_ROUTING"),
  /** A pin. */
  NOT_MSI(
      "the guest interrupt is a pin of an interrupt controller, and only messages are posted",
      "let the guest use MSI or MSI-X"),
  /** Several vCPUs, or none. */
  SEVERAL_DESTINATIONS(
      "the message does not reach exactly one vCPU", "let the guest name one vCPU, by its own ID"),
  /** NMI, SMI and the like. */
  DELIVERY_MODE("the message's delivery mode cannot be posted", "let the guest use fixed delivery"),
  /** Masked when the ends met. */
  IRQ_MASKED("it was masked when its ends met", "unmask it, and set it up again unless it retries"),
  /** In flight when the ends met. */
  IRQ_ACTIVE(
      "it was being handled when its ends met",
      "set it up again, or register with the policy RETRY, which tries again when it is idle"),
  /** The ITS has no translation for the message. */
  NOT_TRANSLATED(
      "the guest's ITS does not translate the message",
      "let the guest map device and event, and register again"),
  /** The guest took the translation away. */
  TRANSLATION_GONE(
      "the guest discarded the translation; mapping it again does not bypass it again",
      "set the vector up again"),
  /** The virtual LPI is another's. */
  GUEST_INTERRUPT_TAKEN(
      "another host interrupt is mapped to the same guest interrupt",
      "let the guest use one event for each vector"),
  /** The route changed under a pairing. */
  ROUTE_CHANGED(
      "the route has changed since the ends met, and what was mapped is not followed",
      "set the vector up again"),
  /** No such hardware. */
  HARDWARE_CANNOT(
      "the host's hardware cannot bypass an interrupt of this kind", "use hardware that can"),
  /** By policy. */
  SWITCHED_OFF(
      "automatic bypass is switched off",
      "forward it with FORWARD_IRQ, or register with another policy");

  private final String meaning;
  private final String remedy;

  Cause(String meaning, String remedy) {
    this.meaning = meaning;
    this.remedy = remedy;
  }

  static Cause of(BypassReason reason) {
    return valueOf(reason.name());
  }

  /**
   * The cause in a sentence.
   *
   * @return without a full stop
   */
  public String meaning() {
    return meaning;
  }

  /**
   * What would make the interrupt fast.
   *
   * @return a sentence without a full stop
   */
  public String remedy() {
    return remedy;
  }

  /**
   * Whether nothing is slow.
   *
   * @return true for {@link #BYPASSED}
   */
  public boolean isFast() {
    return this == BYPASSED;
  }
}
