package org.irqbypass.eventfd;

import com.google.common.base.Preconditions;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * An open file ({@code struct file}, {@code fs/file_table.c}): what a descriptor stands for. It is
 * released when its last reference is put; a descriptor holds one, and so does every kernel side
 * object that took one. Safe for use from many threads.
 */
public abstract class OpenFile {
  private final AtomicInteger references = new AtomicInteger(1);

  /** Makes a file with one reference, the caller's. */
  protected OpenFile() {}

  /**
   * Takes another reference ({@code get_file()}).
   *
   * @return false if the file was released already, and no reference was taken
   */
  public final boolean get() {
    return references.getAndUpdate(n -> n == 0 ? 0 : n + 1) != 0;
  }

  /** Gives a reference back ({@code fput()}); the last one releases the file. */
  public final void put() {
    int left = references.decrementAndGet();
    Preconditions.checkState(left >= 0, "file %s was put once too often", this);
    if (left == 0) {
      release();
    }
  }

  /**
   * How many references are held.
   *
   * @return 0 once the file is released
   */
  public final int references() {
    return references.get();
  }

  /** The last reference is gone ({@code file_operations.release}). Called once. */
  protected abstract void release();
}
