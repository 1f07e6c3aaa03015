package org.irqbypass.scenario;

/**
 * One argument as it was written.
 *
 * @param name before the =
 * @param value after it, without quotes
 * @param position where it stands; two arguments are equal wherever they stand
 */
record Argument(String name, String value, Position position) {
  @Override
  public boolean equals(Object other) {
    return other instanceof Argument that && name.equals(that.name) && value.equals(that.value);
  }

  @Override
  public int hashCode() {
    return 31 * name.hashCode() + value.hashCode();
  }
}
