package org.irqbypass.kvm;

/**
 * One entry of the routing table in force, ready to inject ({@code struct
 * kvm_kernel_irq_routing_entry}). Immutable. The interrupt's way goes through {@link #setInAtomic},
 * which neither blocks nor allocates.
 */
public abstract class Route {
  /** What {@link #setInAtomic} returns where only {@link #set} can do it. */
  public static final int WOULD_BLOCK = -11;

  private final RoutingEntry entry;

  /**
   * Makes a route.
   *
   * @param entry what userspace gave
   */
  protected Route(RoutingEntry entry) {
    this.entry = entry;
  }

  /**
   * What userspace gave.
   *
   * @return the checked entry
   */
  public final RoutingEntry entry() {
    return entry;
  }

  /**
   * Whether the entry would pass the architecture's checks again, so that a new table that has it
   * too can keep this route.
   *
   * @return false if what the checks depend on has changed
   */
  public boolean isStillValid() {
    return true;
  }

  /**
   * Drives the guest interrupt ({@code kvm_kernel_irq_routing_entry.set}). May take locks; not
   * called from inside an eventfd wake-up.
   *
   * @param source who drives the line: {@link Vm#USERSPACE_SOURCE} or {@link Vm#RESAMPLER_SOURCE}
   * @param level 0 or not 0
   * @param lineStatus whether a caller of {@code KVM_IRQ_LINE} asked
   * @return how many CPUs were reached; 0: coalesced; below 0: ignored
   */
  public abstract int set(int source, int level, boolean lineStatus);

  /**
   * Injects from inside an eventfd wake-up ({@code kvm_arch_set_irq_inatomic()}).
   *
   * @param source who drives the line
   * @param level 0 or not 0
   * @return {@link #WOULD_BLOCK} if it takes a work item; anything else: it is done
   */
  public int setInAtomic(int source, int level) {
    return WOULD_BLOCK;
  }

  @Override
  public String toString() {
    return entry.toString();
  }
}
