package org.irqbypass.comparison.command;

/** What the program returns to the shell. */
public final class ExitStatus {
  /** All went well. */
  public static final int OK = 0;

  /** A fault of this program. */
  public static final int FAULT = 1;

  /** The command line cannot be understood. */
  public static final int USAGE = 2;

  /** A scenario or a recording cannot be used. */
  public static final int BAD_INPUT = 3;

  /** Understood, and not available here. */
  public static final int UNAVAILABLE = 4;

  /** The standard output cannot be written. */
  public static final int UNWRITABLE = 5;

  /** A recording did not match, or the model not the kernel that runs. */
  public static final int MISMATCH = 10;

  /** A property was violated: an interrupt lost or duplicated. */
  public static final int VIOLATED = 11;

  /** Outcomes depend on the order of calls where they should not. */
  public static final int ORDER_DEPENDENT = 12;

  private ExitStatus() {}
}
