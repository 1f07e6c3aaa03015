package org.irqbypass.scenario;

/** Runs one kind of operation. */
@FunctionalInterface
interface OperationHandler {
  /**
   * Runs it.
   *
   * @param operation with its arguments
   * @param reply takes what it returns
   * @throws org.irqbypass.errno.ErrnoException if the call is refused
   * @throws InputException if the operation makes no sense here
   */
  void run(Operation operation, Reply reply);
}
