package org.irqbypass.legacy;

import com.google.common.collect.ImmutableList;
import java.util.NavigableSet;
import java.util.TreeSet;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.x86.InterruptCommand.Shorthand;
import org.jspecify.annotations.Nullable;

/**
 * What the guest of an x86 host is owed, however its interrupts get there: a vector waits at a vCPU
 * from the first interrupt to the guest's taking it, once. Knows nothing of descriptors, bitmaps,
 * queues and scheduling.
 */
final class ReferenceGuest {
  private static final int MOST_NMIS = 2;
  private static final long APICS = 0xfee00000L;
  private static final long LOGICAL = 1 << 2;
  private static final int LOWEST_PRIORITY = 1 << 8;
  private static final int NMI = 4 << 8;

  /** One vCPU's interrupts. */
  static final class Cpu {
    final NavigableSet<Integer> pending = new TreeSet<>();
    final NavigableSet<Integer> inService = new TreeSet<>();
    int taskPriority;
    int nmis;

    /** What the guest takes next; -1 if its priorities allow nothing. */
    int next() {
      int vector = pending.isEmpty() ? -1 : pending.last();
      int busy = Math.max(inService.isEmpty() ? 0 : inService.last(), taskPriority);
      return vector >> 4 > busy >> 4 ? vector : -1;
    }

    boolean isRunnable() {
      return next() >= 0 || nmis > 0;
    }

    int take() {
      int vector = next();
      if (vector >= 0) {
        pending.remove(vector);
        inService.add(vector);
      }
      return vector;
    }

    void end() {
      inService.pollLast();
    }
  }

  /** Where a message leads. */
  record Route(ImmutableList<Integer> cpus, int vector, boolean nmi, boolean inAtomic, long entry) {
    /** Hardware can deliver what makes a vector pending at one vCPU. */
    boolean isPostable() {
      return cpus.size() == 1 && !nmi;
    }

    RoutingEntry of(int gsi) {
      return RoutingEntry.msi(gsi, entry >>> 16, (int) entry & 0xffff);
    }

    private static Route to(ImmutableList<Integer> cpus, long address, int data) {
      return new Route(cpus, data & 0xff, (data & 0x700) == NMI, true, address << 16 | data);
    }

    /** From a vCPU to itself, the other, or both. */
    static Route between(int sender, Shorthand to, int vector, boolean nmi) {
      ImmutableList<Integer> cpus =
          switch (to) {
            case SELF -> ImmutableList.of(sender);
            case OTHERS -> ImmutableList.of(1 - sender);
            default -> ImmutableList.of(0, 1);
          };
      return new Route(cpus, vector, nmi, true, 0);
    }

    static @Nullable Route any(Dice dice, ImmutableList<Integer> vectors) {
      int vector = vectors.get(dice.roll(vectors.size()));
      int cpu = dice.roll(2);
      long logicalBoth = APICS | 3 << 12 | LOGICAL;
      return switch (dice.roll(10)) {
        case 0 -> null;
        case 1 -> to(ImmutableList.of(cpu), APICS | (1L << (12 + cpu)) | LOGICAL, vector);
        case 2 -> to(ImmutableList.of(0, 1), logicalBoth, vector);
        case 3 -> to(ImmutableList.of(vector % 2), logicalBoth, LOWEST_PRIORITY | vector);
        case 4 -> to(ImmutableList.of(cpu), APICS | (long) cpu << 12, NMI | vector);
        case 5 -> to(ImmutableList.of(), APICS | 9 << 12, vector);
        case 6 -> {
          Route all = to(ImmutableList.of(0, 1), APICS | 0xff << 12, vector);
          yield new Route(all.cpus, vector, false, false, all.entry);
        }
        default -> to(ImmutableList.of(cpu), APICS | (long) cpu << 12, vector);
      };
    }
  }

  /** Small choices out of one number, so that a sequence is a list that can be shortened. */
  static final class Dice {
    private int left;

    Dice(int number) {
      left = number;
    }

    int roll(int sides) {
      int rolled = left % sides;
      left /= sides;
      return rolled;
    }
  }

  final ImmutableList<Cpu> cpus = ImmutableList.of(new Cpu(), new Cpu());

  void deliver(Route route) {
    for (int id : route.cpus) {
      Cpu cpu = cpus.get(id);
      if (route.nmi) {
        cpu.nmis = Math.min(cpu.nmis + 1, MOST_NMIS);
      } else {
        cpu.pending.add(route.vector);
      }
    }
  }
}
