package org.irqbypass.comparison.export;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.google.common.collect.ImmutableList;
import java.util.Arrays;
import java.util.Optional;

/** In which forms a run can be written down. The same run gives the same bytes. */
public enum ExportFormat {
  /** Chrome trace events. */
  PERFETTO("perfetto", "Chrome trace events: open in ui.perfetto.dev or chrome://tracing"),
  /** What a kernel's tracing prints. */
  FTRACE("ftrace", "text as ftrace prints it, with Linux's names"),
  /** A sequence diagram in Mermaid's language. */
  MERMAID("mermaid", "a sequence diagram for Mermaid"),
  /** A sequence diagram in PlantUML's language. */
  PLANTUML("plantuml", "a sequence diagram for PlantUML"),
  /** Everything, for programs. */
  JSON("json", "everything, for programs: 'irqbypass schema run' describes it");

  /** The JSON Schema of {@link #JSON}, in the jar beside this class. */
  public static final String RUN_SCHEMA = "run.schema.json";

  private static final ObjectWriter WRITER = new ObjectMapper().writer(lines(true));

  /** An event a line: there are many, and few who read them. */
  private static final ObjectWriter COMPACT = new ObjectMapper().writer(lines(false));

  private final String label;
  private final String description;

  ExportFormat(String label, String description) {
    this.label = label;
    this.description = description;
  }

  /** The format of a name, if there is one. */
  public static Optional<ExportFormat> named(String label) {
    return Arrays.stream(values()).filter(format -> format.label.equals(label)).findFirst();
  }

  /** What the command line calls the formats. */
  public static ImmutableList<String> labels() {
    return Arrays.stream(values())
        .map(ExportFormat::label)
        .collect(ImmutableList.toImmutableList());
  }

  /** What the command line calls it. */
  public String label() {
    return label;
  }

  /** What it is for, in one line. */
  public String description() {
    return description;
  }

  /**
   * Writes a run down.
   *
   * @param journal the run
   * @return text that ends with a new line
   */
  public String write(Journal journal) {
    return switch (this) {
      case PERFETTO -> json(COMPACT, PerfettoTrace.of(journal));
      case FTRACE -> FtraceText.of(journal);
      case MERMAID -> SequenceText.mermaid(journal);
      case PLANTUML -> SequenceText.plantUml(journal);
      case JSON -> json(WRITER, RunJson.of(journal));
    };
  }

  private static DefaultPrettyPrinter lines(boolean fields) {
    DefaultPrettyPrinter.Indenter lines = new DefaultIndenter(" ", "\n");
    return new DefaultPrettyPrinter()
        .withArrayIndenter(lines)
        .withObjectIndenter(fields ? lines : DefaultPrettyPrinter.FixedSpaceIndenter.instance);
  }

  private static String json(ObjectWriter writer, JsonNode json) {
    try {
      return writer.writeValueAsString(json) + "\n";
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("a tree can always be written", impossible);
    }
  }
}
