package org.irqbypass.scenario;

/**
 * Which attribute of a KVM device {@code kv.has}, {@code kv.set} and {@code kv.get} mean, by name
 * or by number. Immutable.
 *
 * @param group 32 bits
 * @param number 64 bits
 */
public record DeviceAttribute(int group, long number) {
  private static final int GROUP = 1;
  private static final int DEVICE = 2;

  /**
   * The attribute of an operation.
   *
   * @param op one that has {@code group} and {@code attr}
   * @return the attribute
   * @throws InputException if either is no number
   */
  public static DeviceAttribute of(Operation op) {
    return new DeviceAttribute(groupOf(op), numberOf(op));
  }

  private static int groupOf(Operation op) {
    return switch (op.text("group", "GROUP")) {
      case "GROUP" -> GROUP;
      case "DEVICE" -> DEVICE;
      default -> op.u32("group");
    };
  }

  private static long numberOf(Operation op) {
    return switch (op.text("attr")) {
      case "ADD", "FORWARD" -> 1;
      case "DEL", "UNFORWARD" -> 2;
      case "POST" -> 3;
      case "UNPOST" -> 4;
      default -> op.integer("attr");
    };
  }
}
