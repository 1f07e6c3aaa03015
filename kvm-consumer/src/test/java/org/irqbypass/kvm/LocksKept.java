package org.irqbypass.kvm;

/** Looks for locks of a VM that a call on this thread took and did not release. */
public final class LocksKept {
  private LocksKept() {}

  /** Reads all of the VM's state on another thread, which takes its locks. */
  public static void assertNone(Vm vm) throws InterruptedException {
    assertGoesThrough(() -> State.of(vm));
  }

  /** Makes a call on another thread: if it has to wait, it waits for what nobody will release. */
  public static void assertGoesThrough(Runnable call) throws InterruptedException {
    Throwable[] fault = new Throwable[1];
    Thread reader = new Thread(call);
    reader.setUncaughtExceptionHandler((thread, thrown) -> fault[0] = thrown);
    reader.setDaemon(true);
    reader.start();
    while (reader.isAlive()) {
      if (reader.getState() == Thread.State.WAITING) {
        StackTraceElement[] where = reader.getStackTrace();
        AssertionError kept = new AssertionError("a lock was left behind");
        kept.setStackTrace(where);
        throw kept;
      }
      reader.join(1);
    }
    if (fault[0] != null) {
      throw new AssertionError(fault[0]);
    }
  }
}
