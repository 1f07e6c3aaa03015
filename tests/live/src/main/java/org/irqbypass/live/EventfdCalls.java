package org.irqbypass.live;

import com.google.common.collect.ImmutableMap;
import java.util.Map;
import org.irqbypass.scenario.Flags;
import org.irqbypass.scenario.Operation;

/** The operations {@code ef.*}. */
final class EventfdCalls {
  private static final int EFD_SEMAPHORE = 1;

  private final OpenFiles files;

  EventfdCalls(OpenFiles files) {
    this.files = files;
  }

  void addTo(Map<String, Performance> performances) {
    performances.put("ef.new", this::open);
    performances.put("ef.read", this::read);
    performances.put("ef.write", this::write);
    performances.put("ef.poll", this::poll);
    performances.put("ef.close", this::close);
  }

  /** Whether an operation's descriptor can only be an eventfd of the case, or nothing. */
  static boolean isHarmless(Operation op) {
    String fd = op.text("fd");
    boolean open = !fd.equals("null") && !fd.equals("closed");
    return OpenFiles.isName(fd) && (open || op.name().equals("ef.read"));
  }

  private int fd(Operation op) {
    return files.fd(op.text("fd"));
  }

  private long open(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    int flags =
        Flags.of(op, "flags", name -> name.equals("SEMAPHORE") ? EFD_SEMAPHORE : 0) & EFD_SEMAPHORE;
    files.bind(op.text("fd"), SystemCalls.eventfd(op.u32("init", 0), flags));
    return 0;
  }

  private long read(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    out.put("value", SystemCalls.readLong(fd(op)));
    return 0;
  }

  private long write(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    SystemCalls.writeLong(fd(op), op.integer("value", 1));
    return 0;
  }

  private long poll(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    out.put("revents", (long) SystemCalls.poll(fd(op), SystemCalls.POLLIN | SystemCalls.POLLOUT));
    return 0;
  }

  private long close(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    files.close(op.text("fd"));
    return 0;
  }
}
