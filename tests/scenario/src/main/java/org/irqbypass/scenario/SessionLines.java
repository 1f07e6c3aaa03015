package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.Iterables;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * The lines of a recorded session, each of which is one thing that one thread did. Where a vCPU had
 * to wait between telling its local APIC of an end of interrupt and telling the IOAPIC, the
 * recording has two lines of it, {@code kvm.eoi} and {@code kvm.ack}; where a worker had to wait in
 * the middle of an injection, two lines {@code irqfd.inject}. These become one, where the second
 * was.
 */
final class SessionLines {
  private static final String EOI = "kvm.eoi";
  private static final String ACK = "kvm.ack";
  private static final String INJECT = "irqfd.inject";
  private static final String PARAVIRTUAL = "kvm_pv_eoi";
  private static final String ACKED = "kvm_ack_irq: irqchip ";

  private SessionLines() {}

  static ImmutableList<RecordedOperation> of(List<RecordedOperation> recorded) {
    List<@Nullable RecordedOperation> lines = new ArrayList<>(recorded);
    Map<String, Integer> begun = new HashMap<>();
    for (int at = 0; at < recorded.size(); at++) {
      RecordedOperation line = recorded.get(at);
      Integer before = begun.put(thread(line), at);
      RecordedOperation first = before == null ? null : lines.get(before);
      if (before != null && first != null && continues(first, line)) {
        lines.set(before, null);
        lines.set(at, joined(first, line));
      }
    }
    return lines.stream().flatMap(Stream::ofNullable).collect(ImmutableList.toImmutableList());
  }

  /** Workers share a name, and are told apart by what they do. */
  private static String thread(RecordedOperation line) {
    Operation op = line.operation();
    return op.name().equals(INJECT) ? INJECT + op.text("gsi") : String.valueOf(line.thread());
  }

  private static boolean continues(RecordedOperation first, RecordedOperation line) {
    if (trace(line).isEmpty()) {
      return false;
    }
    String shown = trace(line).get(0);
    String name = line.operation().name();
    if (name.equals(INJECT)) {
      return !Strands.RECORDED.contains(shown);
    }
    return name.equals(ACK)
        && first.operation().name().equals(EOI)
        && shown.startsWith(ACKED + "IOAPIC")
        && trace(first).stream().noneMatch(text -> text.startsWith(ACKED));
  }

  private static RecordedOperation joined(RecordedOperation first, RecordedOperation rest) {
    return new RecordedOperation(
        first.caseName(),
        first.step(),
        first.operation(),
        first.ret(),
        first.errno(),
        first.out(),
        ImmutableList.<String>builder().addAll(trace(first)).addAll(trace(rest)).build(),
        first.compareOutputs(),
        first.thread(),
        first.micros(),
        rest.endMicros() - first.micros());
  }

  /** What a line shows, but for the second account of an end of interrupt without an exit. */
  static ImmutableList<String> trace(RecordedOperation line) {
    ImmutableList<String> trace = line.trace();
    if (trace == null) {
      return ImmutableList.of();
    }
    return Iterables.any(trace, SessionLines::isParavirtual)
        ? ImmutableList.copyOf(Iterables.filter(trace, text -> !isParavirtual(text)))
        : trace;
  }

  private static boolean isParavirtual(String text) {
    return text.startsWith(PARAVIRTUAL);
  }
}
