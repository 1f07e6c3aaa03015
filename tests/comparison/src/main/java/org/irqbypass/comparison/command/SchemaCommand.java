package org.irqbypass.comparison.command;

import com.google.common.base.Preconditions;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Iterator;
import java.util.concurrent.Callable;
import org.irqbypass.comparison.export.ExportFormat;
import org.irqbypass.scenario.ScenarioSchema;
import picocli.CommandLine.Command;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Parameters;

/** Writes the JSON Schema of what this program reads or writes. */
@Command(
    name = "schema",
    description =
        "Writes a JSON Schema: of scenario files, for editors that check and complete; of what"
            + " 'export --format json' writes, for programs that read it.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
final class SchemaCommand implements Callable<Integer> {
  /** What there are schemas of, and where the jar has them. */
  private static final ImmutableMap<String, Resource> SCHEMAS =
      ImmutableMap.of(
          "scenario",
          new Resource(ScenarioSchema.class, ScenarioSchema.RESOURCE),
          "run",
          new Resource(ExportFormat.class, ExportFormat.RUN_SCHEMA));

  private final Console console;

  @Parameters(
      paramLabel = "NAME",
      arity = "0..1",
      defaultValue = "scenario",
      description = "Of what: ${COMPLETION-CANDIDATES}; ${DEFAULT-VALUE} unless given.",
      converter = Name.class,
      completionCandidates = Names.class)
  private String name = "scenario";

  SchemaCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() {
    console.out().print(Preconditions.checkNotNull(SCHEMAS.get(name)).read());
    return ExitStatus.OK;
  }

  /** A schema in the jar. */
  private record Resource(Class<?> beside, String file) {
    String read() {
      try (InputStream stream =
          Preconditions.checkNotNull(
              beside.getResourceAsStream(file), "%s is not in the jar", file)) {
        return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
      } catch (IOException unreadable) {
        throw new UncheckedIOException(unreadable);
      }
    }
  }

  /** Reads a schema's name. */
  static final class Name implements ITypeConverter<String> {
    Name() {}

    @Override
    public String convert(String value) {
      if (!SCHEMAS.containsKey(value)) {
        throw Choice.none(value, SCHEMAS.keySet());
      }
      return value;
    }
  }

  /** What shells offer to complete. */
  static final class Names implements Iterable<String> {
    Names() {}

    @Override
    public Iterator<String> iterator() {
      return SCHEMAS.keySet().iterator();
    }
  }
}
