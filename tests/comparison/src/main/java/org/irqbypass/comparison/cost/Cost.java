package org.irqbypass.comparison.cost;

import com.fasterxml.jackson.annotation.JsonValue;
import com.google.common.collect.ImmutableList;
import java.util.Arrays;

/** What time is spent on. */
public enum Cost {
  /** A system call of the VMM. */
  CALL("call", false),
  /** A call of the registry. */
  REGISTRY_CALL("registry-call", false),
  /** The host takes an interrupt. */
  HOST_IRQ("host-irq", false),
  /** The handler signals an eventfd. */
  SIGNAL("signal", false),
  /** KVM makes an interrupt pending in the guest. */
  INJECTION("injection", false),
  /** What could not be done in place is done by a work item. */
  DEFERRAL("deferral", false),
  /** Hardware posts an interrupt. */
  POSTING("posting", false),
  /** A vCPU leaves the guest, to be given an interrupt, and enters it again. */
  EXIT("exit", true),
  /** The guest's end of interrupt is trapped. */
  EOI_TRAP("eoi-trap", true),
  /** KVM signals the resample eventfd. */
  RESAMPLE("resample", false),
  /** VFIO unmasks the host's interrupt. */
  UNMASK("unmask", false),
  /** A vCPU that waits is woken. */
  WAKE_UP("wake-up", false),
  /** Somebody does something by himself; in no total. */
  MOVE("move", false);

  private final String label;
  private final boolean byArchitecture;

  Cost(String label, boolean byArchitecture) {
    this.label = label;
    this.byArchitecture = byArchitecture;
  }

  /** What it is called. */
  @JsonValue
  public String label() {
    return label;
  }

  /** Whether a call of userspace is what costs, not an interrupt. */
  public boolean isOfCalls() {
    return this == CALL || this == REGISTRY_CALL;
  }

  /** Whether an interrupt's way is what costs. */
  public boolean isOfInterrupts() {
    return !isOfCalls() && this != MOVE;
  }

  /** The parameter that says what it costs on a host. */
  String parameter(Architecture architecture) {
    return byArchitecture ? label + "-" + architecture : label;
  }

  /** The parameters that say what it costs on all hosts. */
  ImmutableList<String> parameters() {
    return byArchitecture
        ? Arrays.stream(Architecture.values())
            .map(this::parameter)
            .collect(ImmutableList.toImmutableList())
        : ImmutableList.of(label);
  }

  @Override
  public String toString() {
    return label;
  }
}
