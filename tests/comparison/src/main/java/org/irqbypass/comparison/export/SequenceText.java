package org.irqbypass.comparison.export;

import com.google.common.collect.ImmutableList;
import org.irqbypass.comparison.contender.Trial;
import org.irqbypass.comparison.narrative.Lane;
import org.irqbypass.comparison.narrative.Message;
import org.irqbypass.comparison.narrative.Phase;
import org.irqbypass.comparison.narrative.Phases;
import org.irqbypass.comparison.narrative.PlantUmlText;

/** Writes a run as the text of a sequence diagram, cut at its marks as in the report. */
final class SequenceText {
  private static final String STYLE =
      """
      hide footbox
      skinparam shadowing false
      skinparam responseMessageBelowArrow true
      """;

  private SequenceText() {}

  private static ImmutableList<Phase> phases(Journal journal) {
    return Phases.of(journal.trial().notes().stream().map(Trial.StepNote::story).toList());
  }

  private static String title(Journal journal) {
    return journal.scenario().name()
        + ", "
        + journal.trial().contender().label()
        + ", "
        + journal.scenario().platform();
  }

  /** In PlantUML's language, with the report's colours. */
  static String plantUml(Journal journal) {
    PlantUmlText text =
        new PlantUmlText(
            STYLE + "title " + PlantUmlText.escaped(title(journal)) + "\n", SequenceText::colour);
    for (Phase phase : phases(journal)) {
      text.divide(phase.name());
      phase.messages().forEach(text::add);
    }
    return text.toString();
  }

  private static String colour(Message.Kind kind) {
    return switch (kind) {
      case PLAIN -> "#222222";
      case ASIDE -> "#777777";
      case FORWARDING -> "#8E24AA";
      case BYPASSED -> "#1B7F3B";
      case SOFTWARE -> "#B35900";
      case REFUSED -> "#C62828";
    };
  }

  /**
   * In Mermaid's language, which knows no colours: refusals end in a cross, what bypasses the host
   * is dashed, and what is there only for forwarding begins with a plus.
   */
  static String mermaid(Journal journal) {
    StringBuilder text = new StringBuilder("---\ntitle: \"");
    text.append(title(journal).replaceAll("[\"\\\\\\p{Cntrl}]", "?")).append("\"\n---\n");
    text.append("sequenceDiagram\n");
    for (Lane lane : Lane.values()) {
      text.append("  participant ").append(lane).append(" as ").append(lane.title()).append('\n');
    }
    for (Phase phase : phases(journal)) {
      text.append("  Note over DEVICE,VCPU: ").append(mermaid(phase.name())).append('\n');
      for (Message message : phase.messages()) {
        text.append("  ")
            .append(message.from())
            .append(arrow(message.kind()))
            .append(message.to())
            .append(": ")
            .append(message.kind() == Message.Kind.FORWARDING ? "+ " : "")
            .append(mermaid(message.text()))
            .append('\n');
      }
    }
    return text.toString();
  }

  private static String arrow(Message.Kind kind) {
    return switch (kind) {
      case REFUSED -> "-x";
      case BYPASSED -> "-->>";
      default -> "->>";
    };
  }

  /** Text in which nothing is mark-up: what could be is written as its code point. */
  private static String mermaid(String text) {
    StringBuilder plain = new StringBuilder(text.length() + 16);
    text.codePoints()
        .forEach(
            c -> {
              if (" .,:=-_'()/+".indexOf(c) >= 0 || (c < 128 && Character.isLetterOrDigit(c))) {
                plain.appendCodePoint(c);
              } else {
                plain.append('#').append(c).append(';');
              }
            });
    return plain.toString();
  }
}
