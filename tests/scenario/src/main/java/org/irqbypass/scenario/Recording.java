package org.irqbypass.scenario;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.Closeable;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.NoSuchElementException;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * A recording: JSON lines, plain or gzipped, read one at a time. The first line is the meta data,
 * each further one an operation. Not for use from several threads; to be closed.
 */
public final class Recording implements Closeable, Iterable<RecordedOperation> {
  /** A case may have this many operations, as a scenario steps: it is read as a whole. */
  static final int MOST_OPERATIONS = 100_000;

  private final JsonFactory json = new JsonFactory();
  private final BoundedInput input;
  private final RecordingMeta meta;

  private Recording(BoundedInput input, Map<String, DeviceDescription> besides) {
    this.input = input;
    try {
      this.meta = readMeta(besides);
    } catch (RuntimeException wrong) {
      input.close();
      throw wrong;
    }
  }

  /**
   * Opens a recording and reads its first line.
   *
   * @param file JSON lines, plain or gzipped
   * @return the recording, to be closed
   * @throws InputException if it is missing, cannot be read or begins with no meta data
   */
  public static Recording open(Path file) {
    return open(file, ImmutableMap.of());
  }

  /**
   * Opens a recording and reads its first line.
   *
   * @param file JSON lines, plain or gzipped
   * @param besides devices that it does not describe, or not so: these take precedence
   * @return the recording, to be closed
   * @throws InputException if it is missing, cannot be read or begins with no meta data
   */
  public static Recording open(Path file, Map<String, DeviceDescription> besides) {
    return new Recording(BoundedInput.open(file), besides);
  }

  /**
   * Opens a recording and reads its first line.
   *
   * @param source what complaints call it
   * @param stream JSON lines, plain or gzipped; closed with the recording
   * @return the recording, to be closed
   * @throws InputException if it cannot be read or begins with no meta data
   */
  public static Recording open(String source, InputStream stream) {
    return open(source, stream, ImmutableMap.of());
  }

  /**
   * Opens a recording and reads its first line.
   *
   * @param source what complaints call it
   * @param stream JSON lines, plain or gzipped; closed with the recording
   * @param besides devices that it does not describe, or not so: these take precedence
   * @return the recording, to be closed
   * @throws InputException if it cannot be read or begins with no meta data
   */
  public static Recording open(
      String source, InputStream stream, Map<String, DeviceDescription> besides) {
    return new Recording(BoundedInput.open(source, stream), besides);
  }

  private RecordingMeta readMeta(Map<String, DeviceDescription> besides) {
    Node.Mapping line = nextLine();
    if (line == null) {
      throw new InputException(
          new Position(input.source(), 1, 1), "the recording is empty, expected {\"meta\":{...}}");
    }
    if (!line.entries().containsKey("meta")) {
      throw new InputException(
          line.position(), "the first line of a recording must be {\"meta\":{...}}");
    }
    return RecordingMeta.of(line, besides);
  }

  /**
   * What was recorded where.
   *
   * @return the first line
   */
  public RecordingMeta meta() {
    return meta;
  }

  /**
   * What complaints call this recording.
   *
   * @return the file's name
   */
  public String source() {
    return input.source();
  }

  /**
   * The next operation.
   *
   * @return null at the end
   * @throws InputException if the line is none
   */
  public @Nullable RecordedOperation next() {
    Node.Mapping line = nextLine();
    return line == null ? null : operation(line);
  }

  /**
   * The operations not yet read. Iterating throws {@link InputException} where a line is no
   * operation.
   *
   * @return to be used once
   */
  @Override
  public Iterator<RecordedOperation> iterator() {
    return new Iterator<>() {
      private @Nullable RecordedOperation ahead = Recording.this.next();

      @Override
      public boolean hasNext() {
        return ahead != null;
      }

      @Override
      public RecordedOperation next() {
        RecordedOperation current = ahead;
        if (current == null) {
          throw new NoSuchElementException();
        }
        ahead = Recording.this.next();
        return current;
      }
    };
  }

  /**
   * The operations of the next case.
   *
   * @return in order; empty at the end
   * @throws InputException if a line is no operation
   */
  public Iterable<ImmutableList<RecordedOperation>> cases() {
    return cases(name -> true);
  }

  /**
   * The operations not yet read, by case.
   *
   * @param wanted which cases, by name
   * @return the operations of each wanted case, in order; to be iterated once
   */
  public Iterable<ImmutableList<RecordedOperation>> cases(Predicate<String> wanted) {
    Iterator<RecordedOperation> operations = iterator();
    return () ->
        new Iterator<>() {
          private @Nullable RecordedOperation ahead = skip(advance());

          private @Nullable RecordedOperation advance() {
            return operations.hasNext() ? operations.next() : null;
          }

          private @Nullable RecordedOperation skip(@Nullable RecordedOperation from) {
            RecordedOperation at = from;
            while (at != null && !wanted.test(at.caseName())) {
              at = advance();
            }
            return at;
          }

          @Override
          public boolean hasNext() {
            return ahead != null;
          }

          @Override
          public ImmutableList<RecordedOperation> next() {
            RecordedOperation first = ahead;
            if (first == null) {
              throw new NoSuchElementException();
            }
            List<RecordedOperation> ofCase = new ArrayList<>();
            RecordedOperation at = first;
            while (at != null && at.caseName().equals(first.caseName())) {
              if (ofCase.size() == MOST_OPERATIONS) {
                throw new InputException(
                    at.operation().position(),
                    "the case has more than " + MOST_OPERATIONS + " operations");
              }
              ofCase.add(at);
              at = advance();
            }
            ahead = skip(at);
            return ImmutableList.copyOf(ofCase);
          }
        };
  }

  /** The next line that is not empty; null at the end. */
  private Node.@Nullable Mapping nextLine() {
    while (true) {
      String line = input.readLine();
      if (line == null) {
        return null;
      }
      if (!line.isBlank()) {
        return parse(line);
      }
    }
  }

  private Node.Mapping parse(String line) {
    try (JsonParser parser = json.createParser(line)) {
      return NodeReader.read(parser, input.source(), input.lineNumber()).asMapping("the line");
    } catch (IOException impossible) {
      throw new InputException(
          new Position(input.source(), input.lineNumber(), 1),
          String.valueOf(impossible.getMessage()));
    }
  }

  private RecordedOperation operation(Node.Mapping line) {
    Node.Mapping op = line.entry("op").asMapping("op");
    Node name = op.entry("name");
    Operation operation =
        Vocabulary.check(name.asText("name"), arguments(op), name.position(), false);
    Devices.check(operation, meta.devices());
    Node out = line.entryOrNull("out");
    Node trace = line.entryOrNull("trace");
    Node micros = line.entryOrNull("t_us");
    Node duration = line.entryOrNull("dur_us");
    return new RecordedOperation(
        line.text("case"),
        line.entry("step").asCount("step"),
        operation,
        line.entry("ret").asNumber("ret"),
        line.textOrNull("errno"),
        out == null ? ImmutableMap.of() : outputs(out.asMapping("out")),
        trace == null ? null : texts(trace),
        !line.text("compare", "").equals("results"),
        line.textOrNull("thread"),
        micros == null ? 0 : micros.asNumber("t_us"),
        duration == null ? 0 : duration.asNumber("dur_us"));
  }

  /** What an operation was given; a map only where any text would do. */
  private static Map<String, Argument> arguments(Node.Mapping op) {
    OperationSchema schema = Vocabulary.all().get(op.text("name"));
    Map<String, Argument> arguments = new LinkedHashMap<>();
    op.entries()
        .forEach(
            (name, value) -> {
              ArgumentSchema expected = schema == null ? null : schema.arguments().get(name);
              if (expected != null
                  && expected.kind() != ArgumentKind.TEXT
                  && value instanceof Node.Mapping) {
                throw value.wrong(name, expected.expected());
              }
              if (!name.equals("name")) {
                arguments.put(name, new Argument(name, value.toArgument(), value.position()));
              }
            });
    return arguments;
  }

  private static ImmutableMap<String, Object> outputs(Node.Mapping out) {
    ImmutableMap.Builder<String, Object> values = ImmutableMap.builder();
    out.entries().forEach((key, node) -> values.put(key, node.toValue()));
    return values.buildOrThrow();
  }

  private static ImmutableList<String> texts(Node list) {
    return list.asItems("trace").stream()
        .map(item -> item.asText("trace"))
        .collect(ImmutableList.toImmutableList());
  }

  @Override
  public void close() {
    input.close();
  }
}
