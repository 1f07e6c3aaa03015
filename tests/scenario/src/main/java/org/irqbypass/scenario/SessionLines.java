package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a recorded session, each of which is one thing that one thread did. Where a vCPU had
 * to wait between telling its local APIC of an end of interrupt and telling the IOAPIC, the
 * recording has two lines of it, {@code kvm.eoi} and {@code kvm.ack}: these become one, where the
 * second was.
 */
final class SessionLines {
  private static final String EOI = "kvm.eoi";
  private static final String ACK = "kvm.ack";
  private static final String ACKED = "kvm_ack_irq: irqchip ";

  private SessionLines() {}

  static ImmutableList<RecordedOperation> of(List<RecordedOperation> recorded) {
    List<RecordedOperation> lines = new ArrayList<>();
    Map<String, RecordedOperation> ends = new HashMap<>();
    for (RecordedOperation line : recorded) {
      String thread = String.valueOf(line.thread());
      RecordedOperation end = ends.remove(thread);
      if (end != null && continues(end, line)) {
        lines.remove(end);
        lines.add(joined(end, line));
        continue;
      }
      if (line.operation().name().equals(EOI)) {
        ends.put(thread, line);
      }
      lines.add(line);
    }
    return ImmutableList.copyOf(lines);
  }

  private static boolean continues(RecordedOperation end, RecordedOperation line) {
    return line.operation().name().equals(ACK)
        && trace(end).stream().noneMatch(text -> text.startsWith(ACKED))
        && !trace(line).isEmpty()
        && trace(line).get(0).startsWith(ACKED + "IOAPIC");
  }

  private static RecordedOperation joined(RecordedOperation end, RecordedOperation rest) {
    return new RecordedOperation(
        end.caseName(),
        end.step(),
        end.operation(),
        end.ret(),
        end.errno(),
        end.out(),
        ImmutableList.<String>builder().addAll(trace(end)).addAll(trace(rest)).build(),
        end.compareOutputs(),
        end.thread(),
        end.micros(),
        rest.endMicros() - end.micros());
  }

  static ImmutableList<String> trace(RecordedOperation line) {
    @Nullable ImmutableList<String> trace = line.trace();
    return trace == null ? ImmutableList.of() : trace;
  }
}
