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
 * compared. Each line counts, and so does their order, with two freedoms. When a virtual machine
 * closes, its irqfds are shut down by workers that run side by side ({@code irqfd_cleanup_wq}).
 * There the lines that name the same eventfd keep their order, and the others have none. And a
 * teardown closes the devices in an order that belongs to whoever recorded, not to Linux.
 */
final class ComparedTrace {
  private static final String SHUTDOWN = "irqfd_shutdown";

  /**
   * What a shutdown of an irqfd leads to: the irqfd's own, those of a virtual LPI that is given up,
   * and those of its resampler, which lowers the GSI.
   */
  private static final ImmutableSet<String> OF_A_SHUTDOWN =
      ImmutableSet.of(
          SHUTDOWN,
          "irqfd_resampler_shutdown",
          "irq_bypass_unregister_consumer",
          "kvm_arch_irq_bypass_stop",
          "kvm_arch_irq_bypass_del_producer",
          "kvm_arch_irq_bypass_start",
          "kvm_vgic_v4_unset_forwarding",
          "vgic_its_resolve_lpi",
          "its_unmap_vlpi",
          "kvm_set_irq",
          "kvm_ioapic_set_irq",
          "kvm_pic_set_irq",
          "kvm_set_msi",
          "vgic_irqfd_set_irq",
          "vgic_update_irq_pending");

  private static final Pattern FUNCTION = Pattern.compile("\\w+");

  /** An eventfd, or the host interrupt that is called after one. */
  private static final Pattern EVENTFD = Pattern.compile("\\w+\\((?:irq\\[)?([\\w#]+)[,)\\]].*");

  private static final String FIRST_VECTOR = "vfio_msi_set_vector_signal(0,-1)";
  private static final String VECTOR = "vfio_msi_set_vector_signal";
  private static final String END_OF_VECTOR = "vfio_msi_set_vector_signal=0";

  private ComparedTrace() {}

  /** The lines of an operation's trace as they are compared. */
  static ImmutableList<String> of(Operation operation, ImmutableList<String> trace) {
    List<String> lines = new ArrayList<>(trace);
    int devices = sortShutdowns(lines);
    if (!operation.name().equals("teardown")) {
      return ImmutableList.copyOf(lines);
    }
    return ImmutableList.<String>builder()
        .addAll(lines.subList(0, devices))
        .addAll(sortedDevices(lines.subList(devices, lines.size())))
        .build();
  }

  /** Brings shutdowns that ran side by side into an order of ours; where they end. */
  private static int sortShutdowns(List<String> lines) {
    if (!lines.contains(SHUTDOWN)) {
      return 0;
    }
    int first = lines.indexOf(SHUTDOWN);
    int end = lines.lastIndexOf(SHUTDOWN) + 1;
    while (end < lines.size() && OF_A_SHUTDOWN.contains(function(lines.get(end)))) {
      end++;
    }
    if (first < lines.lastIndexOf(SHUTDOWN)) {
      lines
          .subList(first, end)
          .sort(
              Comparator.comparing(ComparedTrace::eventfd)
                  .thenComparing(line -> eventfd(line).isEmpty() ? line : ""));
    }
    return end;
  }

  /**
   * A teardown closes one device after another, which one first is not said. The lines of each
   * device keep their order; its vectors are released from the first one on.
   *
   * @return the lines of one device are one
   */
  private static List<String> sortedDevices(List<String> lines) {
    List<String> devices = new ArrayList<>();
    String before = END_OF_VECTOR;
    for (String line : lines) {
      boolean begins =
          line.equals(FIRST_VECTOR) || (before.equals(END_OF_VECTOR) && !line.startsWith(VECTOR));
      if (begins || devices.isEmpty()) {
        devices.add(line);
      } else {
        devices.add(devices.remove(devices.size() - 1) + ", " + line);
      }
      before = line;
    }
    devices.sort(Comparator.naturalOrder());
    return devices;
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
    Matcher matcher = EVENTFD.matcher(line);
    return matcher.matches() ? matcher.group(1) : "";
  }
}
