package org.irqbypass.work;

/**
 * Told of the runs of deferred work, one inside the other where one waits for the other. Called on
 * the thread that runs the work.
 */
public interface WorkObserver {
  /**
   * An item's run begins.
   *
   * @param work the item
   */
  void begins(Work work);

  /**
   * An item's run has ended, by an exception or otherwise.
   *
   * @param work the item whose run began last and has not ended
   */
  void ends(Work work);
}
