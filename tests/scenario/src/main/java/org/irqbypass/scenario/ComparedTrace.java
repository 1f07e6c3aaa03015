package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * What the kernel's functions did because of an operation, in the form in which two such traces are
 * compared. Each line counts, and so does their order, with one freedom: when a virtual machine
 * closes, its irqfds are shut down by workers that run side by side ({@code irqfd_cleanup_wq}).
 * There the lines that name the same eventfd keep their order, and the others have none.
 */
final class ComparedTrace {
  private static final String SHUTDOWN = "irqfd_shutdown";

  /** What a shutdown of an irqfd leads to; the last three are its resampler's, lowering the GSI. */
  private static final ImmutableSet<String> OF_A_SHUTDOWN =
      ImmutableSet.of(
          SHUTDOWN,
          "irqfd_resampler_shutdown",
          "irq_bypass_unregister_consumer",
          "kvm_arch_irq_bypass_stop",
          "kvm_arch_irq_bypass_del_producer",
          "kvm_arch_irq_bypass_start",
          "kvm_set_irq",
          "kvm_ioapic_set_irq",
          "kvm_pic_set_irq");

  private static final Pattern FUNCTION = Pattern.compile("\\w+");
  private static final Pattern ARGUMENT = Pattern.compile("\\w+\\((.*)\\)");

  private ComparedTrace() {}

  /** The lines of a trace as they are compared. */
  static ImmutableList<String> of(ImmutableList<String> trace) {
    if (trace.stream().filter(SHUTDOWN::equals).limit(2).count() < 2) {
      return trace;
    }
    List<String> lines = new ArrayList<>(trace);
    int first = lines.indexOf(SHUTDOWN);
    int end = lines.lastIndexOf(SHUTDOWN) + 1;
    while (end < lines.size() && OF_A_SHUTDOWN.contains(function(lines.get(end)))) {
      end++;
    }
    lines
        .subList(first, end)
        .sort(
            Comparator.comparing(ComparedTrace::eventfd)
                .thenComparing(line -> eventfd(line).isEmpty() ? line : ""));
    return ImmutableList.copyOf(lines);
  }

  /** Where two traces part: the number of the first line that is not in both, from 1. */
  static int parting(List<String> recorded, List<String> got) {
    int line = 0;
    while (line < recorded.size()
        && line < got.size()
        && recorded.get(line).equals(got.get(line))) {
      line++;
    }
    return line + 1;
  }

  private static String function(String line) {
    Matcher matcher = FUNCTION.matcher(line);
    return matcher.lookingAt() ? matcher.group() : "";
  }

  private static String eventfd(String line) {
    Matcher matcher = ARGUMENT.matcher(line);
    return matcher.matches() ? matcher.group(1) : "";
  }
}
