package org.irqbypass.legacy;

import static com.google.common.truth.Truth.assertWithMessage;

import com.google.common.collect.ImmutableList;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * What the guest of an Arm host is owed, however its interrupts get there: what became pending is
 * taken where it goes, the most urgent first, no more often than it came, and not again before it
 * was deactivated. Knows nothing of list registers, residency, scheduling and who completes.
 */
final class ReferenceGic {
  private static final int IDLE = 0x100;

  /** One interrupt of the guest. */
  static final class Line {
    final int intid;
    final int priority;
    final boolean level;
    boolean enabled = true;
    int cpu;

    /** It is pending for certain. */
    boolean owed;

    /** How often the guest may take it yet. */
    int most;

    /**
     * How often it is taken and not deactivated: an LPI may be in service twice, once by software
     * and once by hardware, at different vCPUs.
     */
    private int inService;

    /** The same interrupt from another sender: one at a time. */
    private @Nullable Line sibling;

    /**
     * Where it was active when it was sent elsewhere, a bit for each vCPU: what comes next may
     * still come there.
     */
    private int formerCpus;

    private Line(int intid, int priority, boolean level, int cpu) {
      this.intid = intid;
      this.priority = priority;
      this.level = level;
      this.cpu = cpu;
    }

    boolean isLpi() {
      return intid >= 8192;
    }

    /** An edge or a message came. An LPI may wait with software and with hardware at once. */
    void came() {
      owed = !level;
      most = Math.min(most + 1, isLpi() ? 2 : 1);
    }

    void completed() {
      inService--;
    }

    void moveTo(int newCpu) {
      if (inService > 0) {
        formerCpus |= 1 << cpu;
      }
      cpu = newCpu;
    }

    /** It comes no more, or did not come after all: nobody knows. */
    void mayBeLost() {
      owed = false;
    }
  }

  /** One vCPU. */
  static final class Cpu {
    /** What the guest is in, the innermost first. */
    final Deque<Line> running = new ArrayDeque<>();

    /** What waits for its deactivation only. */
    final List<Line> dropped = new ArrayList<>();

    int priorityMask = IDLE;

    private int limit() {
      return Math.min(running.isEmpty() ? IDLE : running.element().priority, priorityMask);
    }
  }

  final ImmutableList<Cpu> cpus = ImmutableList.of(new Cpu(), new Cpu());
  private final List<Line> lines = new ArrayList<>();

  Line edge(int intid, int priority, int cpu) {
    return add(new Line(intid, priority, false, cpu));
  }

  Line level(int intid, int priority, int cpu) {
    return add(new Line(intid, priority, true, cpu));
  }

  /** The SGIs of one number to one vCPU, by sender. */
  ImmutableList<Line> sgis(int intid, int cpu, boolean bySender) {
    if (!bySender) {
      Line only = edge(intid, 0, cpu);
      return ImmutableList.of(only, only);
    }
    Line first = edge(intid, 0, cpu);
    Line second = edge(1 << 10 | intid, 0, cpu);
    first.sibling = second;
    second.sibling = first;
    return ImmutableList.of(first, second);
  }

  private Line add(Line line) {
    lines.add(line);
    return line;
  }

  private boolean mayTake(int cpu, Line line) {
    return (line.cpu == cpu || (line.formerCpus & 1 << cpu) != 0)
        && line.enabled
        && line.most > 0
        && line.priority < cpus.get(cpu).limit()
        && (line.inService == 0 || line.isLpi())
        && (line.sibling == null || line.sibling.inService == 0);
  }

  private boolean mustTake(int cpu, Line line) {
    return line.owed && line.inService == 0 && line.formerCpus == 0 && mayTake(cpu, line);
  }

  boolean mayTakeSome(int cpu) {
    return lines.stream().anyMatch(line -> mayTake(cpu, line));
  }

  boolean mustTakeSome(int cpu) {
    return lines.stream().anyMatch(line -> mustTake(cpu, line));
  }

  /** Whether something enabled is owed to anybody. */
  boolean owesSomething() {
    return lines.stream().anyMatch(line -> line.owed && line.enabled);
  }

  /** The guest took this; -1: nothing. Whether it may have, and what it is in now. */
  void took(int cpu, int intid) {
    int mostUrgent =
        lines.stream()
            .filter(line -> mustTake(cpu, line))
            .mapToInt(line -> line.priority)
            .min()
            .orElse(IDLE);
    if (intid < 0) {
      assertWithMessage("the most urgent that vCPU %s is owed", cpu)
          .that(mostUrgent)
          .isEqualTo(IDLE);
      return;
    }
    Line line =
        lines.stream()
            .filter(each -> each.intid == intid && mayTake(cpu, each))
            .findFirst()
            .orElseThrow(() -> new AssertionError("vCPU " + cpu + " is not owed " + intid));
    assertWithMessage("priority of %s", intid).that(line.priority).isAtMost(mostUrgent);
    line.most--;
    line.owed = false;
    line.inService++;
    if (!line.isLpi()) { // which may yet be in service elsewhere
      line.formerCpus = line.cpu == cpu ? 0 : 1 << cpu;
    }
    cpus.get(cpu).running.push(line);
  }
}
