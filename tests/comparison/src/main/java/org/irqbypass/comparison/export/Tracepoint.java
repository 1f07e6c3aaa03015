package org.irqbypass.comparison.export;

/**
 * An event as Linux's tracing prints it. A function at its entry is {@code FUNCTION__entry}, at its
 * return {@code FUNCTION__exit}, as the kernel's function probes name them.
 *
 * @param name the tracepoint
 * @param detail what stands behind the colon
 */
public record Tracepoint(String name, String detail) {
  private static final String ENTRY = "__entry";
  private static final String EXIT = "__exit";

  /** A function begins. */
  static Tracepoint entry(String function, String arguments) {
    return new Tracepoint(function + ENTRY, arguments);
  }

  /** A function returns. */
  static Tracepoint exit(String function, String result) {
    return new Tracepoint(function + EXIT, result);
  }

  /** Whether something begins here that may have an end. */
  boolean isEntry() {
    return name.endsWith(ENTRY) || name.equals("workqueue_execute_start");
  }

  /** Whether something ends here. */
  boolean isExit() {
    return name.endsWith(EXIT) || name.equals("workqueue_execute_end");
  }

  /** What begins or ends: the function, or what a work item runs; otherwise the name. */
  String subject() {
    if (name.startsWith("workqueue_execute_")) {
      return detail.substring(detail.lastIndexOf(' ') + 1);
    }
    return name.endsWith(ENTRY)
        ? name.substring(0, name.length() - ENTRY.length())
        : name.endsWith(EXIT) ? name.substring(0, name.length() - EXIT.length()) : name;
  }

  @Override
  public String toString() {
    return detail.isEmpty() ? name + ":" : name + ": " + detail;
  }
}
