package org.irqbypass.comparison.report;

import com.google.common.collect.ImmutableMap;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import net.sourceforge.plantuml.FileFormat;
import net.sourceforge.plantuml.FileFormatOption;
import net.sourceforge.plantuml.SourceStringReader;
import net.sourceforge.plantuml.error.PSystemError;
import org.irqbypass.comparison.narrative.Message;
import org.irqbypass.comparison.narrative.Message.Kind;
import org.irqbypass.comparison.narrative.PlantUmlText;

/**
 * Draws messages as sequence diagrams, as SVG that takes its colours from the page around it. Equal
 * diagrams are drawn once. For one thread.
 */
final class SequenceDiagram {
  /** Colours that stand for those of the page, and are replaced in what PlantUML draws. */
  private static final Map<String, String> COLOURS =
      Map.of(
          "#010203", "var(--ink)",
          "#010204", "var(--rule)",
          "#010205", "var(--panel)",
          "#010206", "var(--forwarding)",
          "#010207", "var(--bypassed)",
          "#010208", "var(--software)",
          "#010209", "var(--refused)",
          "#01020A", "var(--soft)");

  /** What the page's style sheet says, or nobody needs. */
  private static final ImmutableMap<Pattern, String> BRIEFLY =
      ImmutableMap.<Pattern, String>builder()
          .put(Pattern.compile(" font-family=\"sans-serif\" font-size=\"12\""), "")
          .put(Pattern.compile(" lengthAdjust=\"spacing\""), "")
          .put(Pattern.compile(" class=\"message\"| data-participant[-0-9]*=\"[^\"]*\""), "")
          .put(Pattern.compile("<title>[^<]*</title><rect fill=\"#000000\"[^>]*/>"), "")
          .put(Pattern.compile("(<text) fill=\"var\\(--ink\\)\""), "$1")
          .put(
              Pattern.compile("style=\"stroke:(var\\(--[a-z]+\\));stroke-width:1(\\.2)?;\""),
              "stroke=\"$1\"")
          .buildOrThrow();

  /** Attributes that are numbers, which need no more than a tenth of a pixel. */
  private static final Pattern COORDINATES = Pattern.compile("=\"[0-9., ]+\"");

  private static final Pattern DECIMALS = Pattern.compile("(?<=\\.[0-9])[0-9]+");

  private static final String STYLE =
      """
      skinparam backgroundColor transparent
      skinparam shadowing false
      skinparam defaultFontName sans-serif
      skinparam defaultFontSize 12
      skinparam defaultFontColor #010203
      skinparam ArrowThickness 1.2
      skinparam sequence {
        ArrowColor #010203
        ArrowFontColor #010203
        LifeLineBorderColor #010204
        ParticipantBackgroundColor #010205
        ParticipantBorderColor #010204
        ParticipantFontColor #010203
        ParticipantFontStyle bold
      }
      hide footbox
      """;

  private final Map<String, String> drawn = new HashMap<>();

  /**
   * Draws.
   *
   * @param messages top to bottom
   * @return an SVG element
   */
  String draw(List<Message> messages) {
    return drawn.computeIfAbsent(source(messages), SequenceDiagram::svg);
  }

  private static String source(List<Message> messages) {
    PlantUmlText source = new PlantUmlText(STYLE, SequenceDiagram::colour);
    messages.forEach(source::add);
    return source.toString();
  }

  private static String colour(Kind kind) {
    return switch (kind) {
      case PLAIN -> "#010203";
      case ASIDE -> "#01020A";
      case FORWARDING -> "#010206";
      case BYPASSED -> "#010207";
      case SOFTWARE -> "#010208";
      case REFUSED -> "#010209";
    };
  }

  private static String svg(String source) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try {
      SourceStringReader reader = new SourceStringReader(source);
      if (reader.getBlocks().get(0).getDiagram() instanceof PSystemError) {
        throw new IllegalStateException("not a sequence diagram: " + source);
      }
      reader.outputImage(bytes, 0, new FileFormatOption(FileFormat.SVG, false));
    } catch (IOException impossible) {
      throw new IllegalStateException("bytes in memory can always be written", impossible);
    }
    String svg = bytes.toString(StandardCharsets.UTF_8);
    for (Map.Entry<String, String> colour : COLOURS.entrySet()) {
      svg = svg.replace(colour.getKey(), colour.getValue());
    }
    return brief(svg);
  }

  /** Says once in the page's style sheet what PlantUML says of each element. */
  private static String brief(String svg) {
    String brief = svg;
    for (Map.Entry<Pattern, String> said : BRIEFLY.entrySet()) {
      brief = said.getKey().matcher(brief).replaceAll(said.getValue());
    }
    return COORDINATES.matcher(brief).replaceAll(at -> DECIMALS.matcher(at.group()).replaceAll(""));
  }
}
