package org.irqbypass.eventfd;

/**
 * An eventfd's open file. Closing the last reference hangs up the waiters; the context lives on as
 * long as somebody holds it.
 */
public final class EventfdFile extends OpenFile {
  private final EventfdContext context;

  /**
   * Opens a file on a context.
   *
   * @param context what reads and writes act on
   */
  public EventfdFile(EventfdContext context) {
    this.context = context;
  }

  /**
   * The context behind the file ({@code eventfd_ctx_fileget()}).
   *
   * @return the context
   */
  public EventfdContext context() {
    return context;
  }

  @Override
  protected void release() {
    context.hangUp();
  }
}
