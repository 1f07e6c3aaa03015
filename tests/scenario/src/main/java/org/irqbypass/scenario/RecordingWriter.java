package org.irqbypass.scenario;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonGenerator;
import java.io.Closeable;
import java.io.IOException;
import java.io.OutputStream;
import java.util.Locale;
import java.util.Map;
import org.irqbypass.host.Trigger;
import org.jspecify.annotations.Nullable;

/**
 * Writes what a runner saw in the form of a recording, so that it can be replayed: JSON lines, the
 * host first. Writes through to the stream at each line. Not for use from several threads.
 */
public final class RecordingWriter implements Closeable {
  private final JsonGenerator json;
  private final @Nullable TraceRenderer renderer;

  /**
   * Begins a recording and writes its first line.
   *
   * @param stream is closed with the writer
   * @param host on which the operations run; none has run yet
   * @throws IOException if the stream fails
   */
  public RecordingWriter(OutputStream stream, SimulatedHost host) throws IOException {
    this(stream, "simulated", host.options(), new TraceRenderer(host));
  }

  /**
   * Begins a recording of another kernel, without traces, and writes its first line.
   *
   * @param stream is closed with the writer
   * @param kernel its release
   * @param options the host that does the same
   * @throws IOException if the stream fails
   */
  public RecordingWriter(OutputStream stream, String kernel, HostOptions options)
      throws IOException {
    this(stream, kernel, options.withTracing(false), null);
  }

  private RecordingWriter(
      OutputStream stream, String kernel, HostOptions options, @Nullable TraceRenderer renderer)
      throws IOException {
    this.json = new JsonFactory().createGenerator(stream);
    json.setRootValueSeparator(null);
    this.renderer = renderer;
    writeMeta(kernel, options);
    endLine();
  }

  private void writeMeta(String kernel, HostOptions options) throws IOException {
    json.writeStartObject();
    json.writeObjectFieldStart("meta");
    json.writeStringField("kernel", kernel);
    json.writeStringField("profile", options.profile().name());
    json.writeStringField("platform", options.platform());
    json.writeBooleanField("trace", options.traced());
    json.writeObjectFieldStart("devices");
    for (Map.Entry<String, DeviceDescription> device : options.devices().entrySet()) {
      json.writeObjectFieldStart(device.getKey());
      writeDevice(device.getValue());
      json.writeEndObject();
    }
    json.writeEndObject();
    json.writeEndObject();
    json.writeEndObject();
  }

  private void writeDevice(DeviceDescription device) throws IOException {
    if (device.isPlatform()) {
      json.writeArrayFieldStart("platform");
      for (Trigger trigger : device.triggers()) {
        json.writeString(trigger.name().toLowerCase(Locale.ROOT));
      }
      json.writeEndArray();
      json.writeBooleanField("amba", device.amba());
    } else {
      json.writeNumberField("intx", device.intx());
      json.writeNumberField("msi", device.msi());
      json.writeNumberField("msix", device.msix());
      if (device.err() == 0) {
        json.writeNullField("err");
      } else {
        json.writeNumberField("err", device.err());
      }
      json.writeNumberField("req", device.req());
      if (device.msiAllocatable() > 0) {
        json.writeNumberField("msiAllocatable", device.msiAllocatable());
      }
    }
    json.writeBooleanField("reset", device.reset());
  }

  /**
   * Writes one operation and what it came to.
   *
   * @param caseName the case it belongs to
   * @param step as the runner saw it; steps are numbered from 1
   * @throws IOException if the stream fails
   */
  public void write(String caseName, Execution.Step step) throws IOException {
    Outcome outcome = step.outcome();
    writeCall(caseName, step.index(), step.operation());
    String errno = outcome.errno() == null ? null : outcome.errno().name();
    writeAnswer(outcome.ret(), errno, outcome.out());
    json.writeFieldName("trace");
    if (renderer == null) {
      json.writeNull();
    } else {
      writeValue(renderer.render(outcome.events()));
    }
    json.writeStringField("thread", step.actor());
    json.writeEndObject();
    endLine();
  }

  /**
   * Writes one operation and what a kernel answered.
   *
   * @param caseName the case it belongs to
   * @param index its place in the case, from 0
   * @param operation what was called
   * @param ret the result, -1 if it failed
   * @param errno the error's name, or null
   * @param out what the call returned besides: numbers (Long), words (String), lists and maps
   * @throws IOException if the stream fails
   */
  public void write(
      String caseName,
      int index,
      Operation operation,
      long ret,
      @Nullable String errno,
      Map<String, Object> out)
      throws IOException {
    writeCall(caseName, index, operation);
    writeAnswer(ret, errno, out);
    json.writeNullField("trace");
    json.writeEndObject();
    endLine();
  }

  private void writeCall(String caseName, int index, Operation operation) throws IOException {
    json.writeStartObject();
    json.writeStringField("case", caseName);
    json.writeNumberField("step", index + 1);
    json.writeObjectFieldStart("op");
    json.writeStringField("name", operation.name());
    for (Map.Entry<String, String> argument : operation.arguments().entrySet()) {
      writeArgument(argument.getKey(), argument.getValue());
    }
    json.writeEndObject();
  }

  private void writeAnswer(long ret, @Nullable String errno, Map<String, Object> out)
      throws IOException {
    json.writeNumberField("ret", ret);
    json.writeStringField("errno", errno);
    json.writeFieldName("out");
    writeValue(out);
  }

  /** A decimal number is written as one, everything else as text. */
  private void writeArgument(String name, String value) throws IOException {
    @Nullable Long number = value.startsWith("0x") ? null : Numbers.parse(value);
    if (number != null && value.equals(Long.toString(number))) {
      json.writeNumberField(name, number);
    } else {
      json.writeStringField(name, value);
    }
  }

  private void writeValue(Object value) throws IOException {
    if (value instanceof Long number) {
      json.writeNumber(number);
    } else if (value instanceof Map<?, ?> map) {
      json.writeStartObject();
      for (Map.Entry<?, ?> entry : map.entrySet()) {
        json.writeFieldName(String.valueOf(entry.getKey()));
        writeValue(entry.getValue());
      }
      json.writeEndObject();
    } else if (value instanceof Iterable<?> list) {
      json.writeStartArray();
      for (Object item : list) {
        writeValue(item);
      }
      json.writeEndArray();
    } else {
      json.writeString(value.toString());
    }
  }

  private void endLine() throws IOException {
    json.writeRaw('\n');
    json.flush();
  }

  @Override
  public void close() throws IOException {
    json.close();
  }
}
