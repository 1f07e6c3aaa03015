package org.irqbypass.host;

import com.google.common.collect.ImmutableList;
import java.util.Map;
import java.util.concurrent.ConcurrentSkipListMap;
import java.util.concurrent.atomic.AtomicInteger;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.Waiter;

/**
 * The interrupts of one host ({@code struct irq_domain}, {@code /proc/interrupts}). Safe for use
 * from many threads.
 */
public final class HostInterrupts {
  /** The first number given out; those below are the machine's own. */
  public static final int FIRST = 24;

  private final HostPlatform platform;
  private final Waiter waiter;
  private final Tracepoints trace;
  private final AtomicInteger next = new AtomicInteger(FIRST);
  private final Map<Integer, HostIrq> irqs = new ConcurrentSkipListMap<>();

  /**
   * Makes a host without interrupts.
   *
   * @param platform the hardware
   * @param waiter is used to wait for handlers in flight
   * @param trace is told of each step
   */
  public HostInterrupts(HostPlatform platform, Waiter waiter, Tracepoints trace) {
    this.platform = platform;
    this.waiter = waiter;
    this.trace = trace;
  }

  /**
   * Allocates a wired interrupt ({@code irq_domain_alloc_irqs()}). Numbers are not given out twice.
   *
   * @param name what {@link #toString()} shows
   * @param trigger edge or level
   * @return an interrupt nobody has requested
   */
  public HostIrq allocate(String name, Trigger trigger) {
    return add(new HostIrq(next.getAndIncrement(), name, trigger, platform, waiter, trace));
  }

  /**
   * Allocates a message-signalled interrupt ({@code pci_msi_domain}). Numbers are not given out
   * twice.
   *
   * @param name what {@link #toString()} shows
   * @return an interrupt nobody has requested
   */
  public HostIrq allocateMessage(String name) {
    return add(
        new HostIrq(next.getAndIncrement(), name, Trigger.EDGE, true, platform, waiter, trace));
  }

  private HostIrq add(HostIrq irq) {
    irqs.put(irq.number(), irq);
    return irq;
  }

  /**
   * Gives an interrupt back ({@code irq_domain_free_irqs()}). Its handler must be freed.
   *
   * @param irq one of this host's
   * @throws org.irqbypass.errno.ErrnoException {@code EBUSY} if its handler is installed
   */
  public void release(HostIrq irq) {
    if (irq.isRequested()) {
      throw new ErrnoException(Errno.EBUSY, irq + " has a handler");
    }
    irqs.remove(irq.number(), irq);
  }

  /**
   * What is allocated.
   *
   * @return a copy, by number
   */
  public ImmutableList<HostIrq> all() {
    return ImmutableList.copyOf(irqs.values());
  }

  /**
   * The hardware.
   *
   * @return the platform of every interrupt here
   */
  public HostPlatform platform() {
    return platform;
  }

  /**
   * The host's interrupts with their counts by way, and what they are programmed for, like {@code
   * /proc/interrupts}.
   */
  @Override
  public String toString() {
    StringBuilder text = new StringBuilder();
    text.append(String.format("%6s %12s %12s  %-10s %s%n", "", "host", "posted", "now", "name"));
    for (HostIrq irq : irqs.values()) {
      String way =
          irq.isPosted()
              ? "posted"
              : irq.isForwarded() ? "forwarded" : irq.isRequested() ? "host" : "free";
      VcpuAffinity affinity = irq.vcpuAffinity();
      text.append(
          String.format(
              "%5d: %12d %12d  %-10s %s%s%n",
              irq.number(),
              irq.handledCount(),
              irq.postedCount(),
              way,
              irq.name(),
              affinity == null ? "" : " -> " + affinity));
    }
    return text.toString();
  }
}
