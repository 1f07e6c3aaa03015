package org.irqbypass.comparison.command;

import com.google.common.util.concurrent.Uninterruptibles;
import java.util.concurrent.CountDownLatch;

/**
 * What Ctrl-C does while something long runs: it is told to end, and what it has found is still
 * printed. The JVM's shutdown waits until the command is done.
 */
final class Interruption {
  private final CountDownLatch done = new CountDownLatch(1);
  private final Thread hook;

  private Interruption(Runnable stop) {
    hook =
        new Thread(
            () -> {
              stop.run();
              Uninterruptibles.awaitUninterruptibly(done);
            },
            "interruption");
  }

  /**
   * From now on Ctrl-C calls something.
   *
   * @param stop asks what runs to end soon; from another thread
   */
  static Interruption calls(Runnable stop) {
    Interruption interruption = new Interruption(stop);
    Runtime.getRuntime().addShutdownHook(interruption.hook);
    return interruption;
  }

  /**
   * What was found is printed: Ctrl-C ends the program again, and does so now if it was pressed.
   */
  void end() {
    done.countDown();
    try {
      Runtime.getRuntime().removeShutdownHook(hook);
    } catch (IllegalStateException goingDown) {
      return; // it was pressed, and the hook ends by itself
    }
  }
}
