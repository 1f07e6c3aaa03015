package org.irqbypass.scenario.live;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSortedMap;
import com.google.common.collect.Lists;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;
import org.irqbypass.scenario.Level;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.RecordedOperation;
import org.irqbypass.scenario.Recording;

/**
 * Performs a recording's operations on KVM and eventfds on a kernel that runs and on its model, and
 * compares call by call. What the kernel does not {@linkplain LiveKernel#performs perform}, the
 * devices above all, is left out on both; whatever depended on it, both do without it. With the
 * recording the kernel is compared for as long as nothing of a case was left out: two kernels may
 * well differ, so that is told apart.
 */
public final class LiveReplay {
  /** How much of each kind a case may have open at once. */
  private static final int MOST_OPENED = 1000;

  private final Twins twins;
  private final boolean outputs;
  private final int kept;
  private int cases;
  private int operations;
  private int mismatches;
  private int comparable;
  private int changes;
  private final Map<String, Integer> leftOut = new TreeMap<>();
  private final List<LiveDifference> differences = new ArrayList<>();
  private final List<LiveDifference> changed = new ArrayList<>();

  private LiveReplay(Twins twins, boolean outputs, int kept) {
    this.twins = twins;
    this.outputs = outputs;
    this.kept = kept;
  }

  /**
   * Performs a recording.
   *
   * @param recording at its first operation
   * @param twins the kernel and its model
   * @param level {@code RESULTS}, or more: outputs too
   * @param wanted which cases, by name
   * @param kept how many differences the report shows, of each kind
   * @return what it came to
   * @throws org.irqbypass.scenario.InputException if the recording is damaged
   */
  public static LiveReport run(
      Recording recording, Twins twins, Level level, Predicate<String> wanted, int kept) {
    return new LiveReplay(twins, level != Level.RESULTS, kept).perform(recording, wanted);
  }

  private LiveReport perform(Recording recording, Predicate<String> wanted) {
    boolean alike = Twins.resembles(recording.meta().platform());
    boolean session = recording.meta().vmm() != null;
    for (ImmutableList<RecordedOperation> ofCase : recording.cases(wanted)) {
      perform(ofCase, alike, session);
    }
    return new LiveReport(
        recording.source(),
        recording.meta().kernel(),
        cases,
        operations,
        ImmutableSortedMap.copyOf(leftOut),
        mismatches,
        ImmutableList.copyOf(differences),
        comparable,
        changes,
        ImmutableList.copyOf(changed));
  }

  private void perform(ImmutableList<RecordedOperation> ofCase, boolean alike, boolean session) {
    List<RecordedOperation> performed = new ArrayList<>();
    int asRecorded = 0;
    boolean complete = !session;
    int opened = 0;
    for (RecordedOperation recorded : ofCase) {
      Operation operation = recorded.operation();
      opened += opens(operation) ? 1 : 0;
      if (alike && opened <= MOST_OPENED && twins.kernel().performs(operation)) {
        performed.add(recorded);
        asRecorded += complete ? 1 : 0;
      } else {
        leftOut.merge(operation.name(), 1, Integer::sum);
        complete = false;
      }
    }
    if (performed.isEmpty()) {
      return;
    }
    cases++;
    ImmutableList<Step> steps = twins.run(Lists.transform(performed, RecordedOperation::operation));
    for (int i = 0; i < steps.size(); i++) {
      RecordedOperation recorded = performed.get(i);
      compare(recorded, compared(steps.get(i), recorded), i < asRecorded);
    }
  }

  /** A step as far as it is compared. */
  private Step compared(Step step, RecordedOperation recorded) {
    return outputs && recorded.compareOutputs()
        ? step
        : new Step(step.operation(), step.kernel().resultOnly(), step.model().resultOnly());
  }

  private void compare(RecordedOperation recorded, Step step, boolean asRecorded) {
    operations++;
    Answer then = asRecorded ? Answer.of(recorded) : null;
    if (then != null && !(outputs && recorded.compareOutputs())) {
      then = then.resultOnly();
    }
    LiveDifference difference =
        new LiveDifference(recorded.caseName(), recorded.step(), step, then);
    if (step.differs()) {
      mismatches++;
      keep(differences, difference);
    }
    if (then != null) {
      comparable++;
      if (!then.equals(step.kernel())) {
        changes++;
        keep(changed, difference);
      }
    }
  }

  private void keep(List<LiveDifference> list, LiveDifference difference) {
    if (list.size() < kept) {
      list.add(difference);
    }
  }

  private static boolean opens(Operation operation) {
    return switch (operation.name()) {
      case "ef.new", "vm.new", "vm.vcpu", "kv.create" -> true;
      default -> false;
    };
  }
}
