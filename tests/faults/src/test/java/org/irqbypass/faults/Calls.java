package org.irqbypass.faults;

import com.google.common.collect.ImmutableSet;
import org.irqbypass.scenario.Operation;

/** What kind of call an operation is, by which what it leaves behind when it fails is judged. */
final class Calls {
  private static final ImmutableSet<String> MAKE =
      ImmutableSet.of("vm.new", "vm.vcpu", "ef.new", "kvm.routing", "kv.create");

  private static final ImmutableSet<String> CLOSE =
      ImmutableSet.of("dev.close", "grp.close", "ef.close", "vm.close", "kv.close");

  private Calls() {}

  /** Whether nothing has changed when it fails. */
  static boolean makes(Operation call) {
    return switch (call.name()) {
      case "kvm.irqfd" -> !call.text("flags", "").contains("DEASSIGN");
      case "kv.set" -> !isGivingBack(call.text("attr"));
      default -> MAKE.contains(call.name());
    };
  }

  /** Whether it is done although it fails. */
  static boolean givesBack(Operation call) {
    return switch (call.name()) {
      case "kvm.irqfd" -> call.text("flags", "").contains("DEASSIGN");
      case "kv.set" -> isGivingBack(call.text("attr"));
      case "vfio.set_irqs" ->
          call.text("flags").equals("DATA_NONE|ACTION_TRIGGER") && call.text("count").equals("0");
      default -> CLOSE.contains(call.name());
    };
  }

  private static boolean isGivingBack(String attribute) {
    return attribute.equals("DEL") || attribute.startsWith("UN");
  }
}
