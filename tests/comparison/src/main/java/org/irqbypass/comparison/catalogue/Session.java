package org.irqbypass.comparison.catalogue;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import org.irqbypass.scenario.InputException;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.Position;
import org.irqbypass.scenario.RecordedOperation;
import org.irqbypass.scenario.Recording;
import org.irqbypass.scenario.RecordingMeta;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.scenario.Scenario.Step;

/**
 * Makes a scenario of a recorded session: the same calls, the same interrupts of the devices, and
 * the guest's takes and ends where the guest took and ended them.
 *
 * <p>What a recording shows as an effect becomes a move of the guest: {@code kvm.inject} becomes
 * {@code guest.take}, {@code kvm.eoi} becomes {@code guest.end}. What the recording leaves out is
 * put in: the guest switches its local APICs on, its vCPUs run, and before each mark it takes what
 * is pending, so that a contender's interrupt is not called lost because another contender's had
 * merged with an earlier one.
 */
final class Session {
  private static final String ABOUT =
      """
      Nobody scripted these calls: they were recorded while a real virtual machine monitor ran a \
      real guest. The machine could not post interrupts; here the same calls, interrupts and moves \
      of the guest meet a host that can.""";

  private final List<Step> steps = new ArrayList<>();
  private final List<Operation> vcpus = new ArrayList<>();
  private String vm = "v0";

  private Session() {}

  static Scenario read(String name, Recording recording) {
    Iterator<ImmutableList<RecordedOperation>> cases = recording.cases().iterator();
    if (!cases.hasNext()) {
      throw new InputException(
          new Position(recording.source(), 2, 1), "the recording has no operation");
    }
    ImmutableList<RecordedOperation> operations = cases.next();
    RecordingMeta meta = recording.meta();
    Scenario recorded = Scenario.of(name, "A recorded session", ABOUT, meta, operations);
    Session session = new Session();
    recorded.steps().forEach(session::add);
    session.drain();
    session.steps.add(new Step("vmm", Operation.of("teardown")));
    return new Scenario(
        name,
        recorded.title(),
        recorded.about(),
        recorded.platform(),
        recorded.profile(),
        recorded.devices(),
        ImmutableList.copyOf(session.steps));
  }

  private void add(Step step) {
    Operation operation = step.operation();
    switch (operation.name()) {
      case "vm.vcpu" -> {
        steps.add(step);
        vm = operation.text("vm");
        vcpus.add(operation);
        guest("kvm.lapic_setup", operation);
        guest("guest.enter", operation);
      }
      case "kvm.inject" -> guest("guest.take", operation);
      case "kvm.eoi" -> guest("guest.end", operation);
      case "mark" -> {
        drain();
        // What the guest printed, without the recorder's own tag.
        String text = operation.text("text", "").replaceFirst("^L2 ", "");
        steps.add(new Step(step.actor(), Operation.of("mark", "text", text)));
      }
      default -> {
        if (!operation.schema().effect()) {
          steps.add(step);
        }
      }
    }
  }

  private void guest(String name, Operation of) {
    steps.add(new Step("guest", Operation.of(name, "vm", vm, "vcpu", of.integer("vcpu"))));
  }

  private void drain() {
    vcpus.forEach(vcpu -> guest("guest.run", vcpu));
  }
}
