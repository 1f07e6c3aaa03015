package org.irqbypass.scenario;

/**
 * One operation that came to something else than was recorded.
 *
 * @param caseName its case
 * @param step its number in the case
 * @param operation what was run
 * @param recorded what the kernel returned; outputs too, where they are compared
 * @param got what the simulation returned, written alike
 */
public record Difference(
    String caseName, int step, Operation operation, String recorded, String got) {
  @Override
  public String toString() {
    return caseName + " " + step + ": " + operation + ": recorded " + recorded + ", got " + got;
  }
}
