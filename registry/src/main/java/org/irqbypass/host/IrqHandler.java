package org.irqbypass.host;

/** A host interrupt's handler ({@code irq_handler_t}). */
@FunctionalInterface
public interface IrqHandler {
  /**
   * The interrupt fired. Runs on the raising thread, never on two threads at once for one
   * interrupt. May disable its own interrupt with {@link HostIrq#disableNosync()}, and must not
   * wait for itself.
   *
   * @param irq what fired
   * @return false if the device did not interrupt ({@code IRQ_NONE}); a level interrupt whose line
   *     stays high is then not taken again until the line or the mask changes
   */
  boolean handle(HostIrq irq);
}
