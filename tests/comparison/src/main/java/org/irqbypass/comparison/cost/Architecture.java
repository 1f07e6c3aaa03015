package org.irqbypass.comparison.cost;

/** Whose processors a host has. */
enum Architecture {
  X86("x86"),
  ARM64("arm64");

  private final String label;

  Architecture(String label) {
    this.label = label;
  }

  /** That of a platform, by its name. */
  static Architecture of(String platform) {
    return platform.startsWith(ARM64.label) ? ARM64 : X86;
  }

  @Override
  public String toString() {
    return label;
  }
}
