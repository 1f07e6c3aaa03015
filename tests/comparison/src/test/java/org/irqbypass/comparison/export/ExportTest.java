package org.irqbypass.comparison.export;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import com.networknt.schema.ValidationMessage;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.Set;
import java.util.TreeMap;
import java.util.stream.Stream;
import net.sourceforge.plantuml.SourceStringReader;
import net.sourceforge.plantuml.error.PSystemError;
import org.irqbypass.comparison.catalogue.Catalogue;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.cost.CostModel;
import org.irqbypass.comparison.cost.Timeline;
import org.irqbypass.scenario.Execution;
import org.irqbypass.scenario.Scenario;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class ExportTest {
  private static final ObjectMapper MAPPER = new ObjectMapper();

  private static Journal journal(String scenario, Contender contender) {
    return Journal.of(Catalogue.load(scenario).scenario(), contender, Clock.LOGICAL);
  }

  private static Journal modelled(String scenario, Contender contender) {
    return Journal.of(
        Catalogue.load(scenario).scenario(), contender, Clock.modelled(CostModel.defaults()));
  }

  /** Traces that several tests look at. */
  private static final Map<String, JsonNode> TRACES = new HashMap<>();

  private static JsonNode trace(String scenario, Contender contender) throws IOException {
    String key = scenario + " " + contender;
    JsonNode trace = TRACES.get(key);
    if (trace == null) {
      trace = json(ExportFormat.PERFETTO, modelled(scenario, contender));
      TRACES.put(key, trace);
    }
    return trace;
  }

  private static JsonNode json(ExportFormat format, Journal journal) throws IOException {
    return MAPPER.readTree(format.write(journal));
  }

  /** Everything bundled, each with a contender that adds calls and one that does not. */
  static Stream<Arguments> bundled() {
    return Catalogue.all().stream()
        .flatMap(
            name ->
                Stream.of(Contender.EXPLICIT_LATE, Contender.AUTOMATIC_LINUX)
                    .map(contender -> Arguments.of(name, contender)));
  }

  private static String at(JsonNode event) {
    return event.get("pid").asInt() + "/" + event.get("tid").asInt();
  }

  @ParameterizedTest
  @MethodSource("bundled")
  @DisplayName("every trace event has what its phase needs, and time never goes back")
  void traceEvents(String name, Contender contender) throws IOException {
    JsonNode trace = trace(name, contender);
    Set<String> named = new HashSet<>();
    double now = 0;
    for (JsonNode event : trace.get("traceEvents")) {
      String phase = event.get("ph").asText();
      assertThat(event.get("name").asText()).isNotEmpty();
      assertThat(event.has("pid") && event.has("tid")).isTrue();
      if (phase.equals("M")) {
        assertThat(event.get("args").size()).isEqualTo(1);
        if (event.get("name").asText().equals("thread_name")) {
          assertWithMessage("one line a name").that(named.add(at(event))).isTrue();
        }
        continue;
      }
      assertWithMessage("a line without a name: " + event).that(named).contains(at(event));
      assertWithMessage(event.toString()).that(event.get("ts").asDouble()).isAtLeast(now);
      now = event.get("ts").asDouble();
      assertThat(event.get("cat").asText()).isNotEmpty();
      switch (phase) {
        case "X" -> assertThat(event.get("dur").asDouble()).isAtLeast(0.0);
        case "i" -> assertThat(event.get("s").asText()).isEqualTo("t");
        case "s", "t", "b", "e" -> assertThat(event.get("id").isInt()).isTrue();
        case "f" -> assertThat(event.get("bp").asText()).isEqualTo("e");
        case "C" -> assertThat(event.get("args").size()).isEqualTo(1);
        default -> throw new AssertionError("no such phase here: " + phase);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("bundled")
  @DisplayName("the slices of a line stand inside or beside each other, never across")
  void slicesNest(String name, Contender contender) throws IOException {
    Map<String, Deque<Double>> open = new HashMap<>();
    for (JsonNode event : trace(name, contender).get("traceEvents")) {
      if (!event.get("ph").asText().equals("X")) {
        continue;
      }
      Deque<Double> ends = open.computeIfAbsent(at(event), any -> new ArrayDeque<>());
      double begin = event.get("ts").asDouble();
      double end = begin + event.get("dur").asDouble();
      while (!ends.isEmpty() && ends.peek() <= begin + 1e-6) {
        ends.pop();
      }
      if (!ends.isEmpty()) {
        assertWithMessage(event.toString()).that(end).isAtMost(ends.peek() + 1e-6);
      }
      ends.push(end);
    }
  }

  @ParameterizedTest
  @MethodSource("bundled")
  @DisplayName(
      "an arrow has one start and one end, in time, each in a slice; handlers begin and end")
  void arrows(String name, Contender contender) throws IOException {
    Map<Integer, List<JsonNode>> arrows = new HashMap<>();
    Map<Integer, List<JsonNode>> handlers = new HashMap<>();
    Map<String, TreeMap<Double, Double>> slices = new HashMap<>();
    for (JsonNode event : trace(name, contender).get("traceEvents")) {
      switch (event.get("ph").asText()) {
        case "s", "t", "f" ->
            arrows.computeIfAbsent(event.get("id").asInt(), any -> new ArrayList<>()).add(event);
        case "b", "e" ->
            handlers.computeIfAbsent(event.get("id").asInt(), any -> new ArrayList<>()).add(event);
        case "X" -> cover(slices.computeIfAbsent(at(event), any -> new TreeMap<>()), event);
        default -> {}
      }
    }
    arrows.forEach(
        (id, stops) -> {
          assertThat(stops.get(0).get("ph").asText()).isEqualTo("s");
          assertThat(stops.get(stops.size() - 1).get("ph").asText()).isEqualTo("f");
          for (int i = 1; i < stops.size(); i++) {
            assertThat(stops.get(i).get("ts").asDouble())
                .isGreaterThan(stops.get(i - 1).get("ts").asDouble());
            assertThat(stops.get(i).get("name")).isEqualTo(stops.get(0).get("name"));
          }
          for (JsonNode stop : stops) {
            assertWithMessage("in no slice: " + stop)
                .that(isCovered(slices.getOrDefault(at(stop), new TreeMap<>()), stop))
                .isTrue();
          }
        });
    handlers.forEach(
        (id, ends) -> {
          assertThat(ends).hasSize(2);
          assertThat(ends.get(0).get("ph").asText()).isEqualTo("b");
          assertThat(ends.get(1).get("ph").asText()).isEqualTo("e");
          assertThat(at(ends.get(0))).isEqualTo(at(ends.get(1)));
        });
  }

  /** From each slice's begin, the end of all that have begun by then; slices come in order. */
  private static void cover(NavigableMap<Double, Double> ends, JsonNode slice) {
    double begin = slice.get("ts").asDouble();
    double end = begin + slice.get("dur").asDouble();
    ends.put(begin, ends.isEmpty() ? end : Math.max(end, ends.lastEntry().getValue()));
  }

  private static boolean isCovered(NavigableMap<Double, Double> ends, JsonNode stop) {
    double ts = stop.get("ts").asDouble();
    Map.Entry<Double, Double> begun = ends.floorEntry(ts);
    return begun != null && ts <= begun.getValue();
  }

  @Test
  @DisplayName("an interrupt through the host passes an eventfd on its way, a posted one does not")
  void ways() {
    List<String> through = stations("nic-msix-boot", "nic INTX 0");
    assertThat(through).containsAtLeast("interrupt controller", "interrupt handlers", "vCPU 0");
    List<String> past = stations("nic-msix-boot", "nic MSIX 0");
    assertThat(past).contains("interrupt controller");
    assertThat(past).doesNotContain("interrupt handlers");
  }

  /** Where the last interrupt of a name came by. */
  private static List<String> stations(String scenario, String interrupt) {
    List<Flows.Flow> ways =
        Flows.of(journal(scenario, Contender.AUTOMATIC_LINUX)).stream()
            .filter(flow -> flow.interrupt().toString().equals(interrupt))
            .toList();
    return ways.get(ways.size() - 1).stops().stream().map(stop -> stop.track().thread()).toList();
  }

  @Test
  @DisplayName("each actor and each vCPU has a line of its own")
  void lines() throws IOException {
    JsonNode trace = json(ExportFormat.PERFETTO, journal("nic-msix-boot", Contender.EXPLICIT_LATE));
    Set<String> lines = new HashSet<>();
    for (JsonNode event : trace.get("traceEvents")) {
      if (event.get("name").asText().equals("thread_name")) {
        lines.add(event.get("args").get("name").asText());
      }
    }
    assertThat(lines)
        .containsAtLeast("vmm", "nic", "vCPU 0", "vCPU 1", "interrupt handlers", "kworker");
  }

  @ParameterizedTest
  @MethodSource("bundled")
  @DisplayName("the JSON of every run is what the published schema says")
  void schema(String name, Contender contender) throws IOException {
    try (InputStream published = ExportTest.class.getResourceAsStream("run.schema.json")) {
      JsonSchema schema = JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(published);
      Set<ValidationMessage> wrong =
          schema.validate(json(ExportFormat.JSON, journal(name, contender)));
      assertThat(wrong).isEmpty();
    }
  }

  @Test
  @DisplayName("the schema refuses what is no run")
  void schemaRefuses() throws IOException {
    try (InputStream published = ExportTest.class.getResourceAsStream("run.schema.json")) {
      JsonSchema schema = JsonSchemaFactory.getInstance(VersionFlag.V202012).getSchema(published);
      JsonNode run = json(ExportFormat.JSON, journal("storm", Contender.AUTOMATIC_LINUX));
      assertThat(schema.validate(run)).isEmpty();
      String written = run.toString();
      assertThat(schema.validate(MAPPER.readTree(written.replace("\"totals\"", "\"sums\""))))
          .isNotEmpty();
      assertThat(schema.validate(MAPPER.readTree(written.replace("\"BYPASSED\"", "\"PAST\""))))
          .isNotEmpty();
    }
  }

  @Test
  @DisplayName("ftrace text has the kernel's names and columns, and rising time")
  void ftrace() {
    String text = ExportFormat.FTRACE.write(journal("nic-msix-boot", Contender.AUTOMATIC_LINUX));
    double now = 0;
    for (String line : text.lines().filter(one -> !one.startsWith("#")).toList()) {
      assertThat(line)
          .matches(" *[^ ]+-\\d+ +\\[\\d{3}] [^ ]{5,6} +\\d+\\.\\d{6}: [a-z0-9_]+:( .*)?");
      double time = Double.parseDouble(line.substring(0, line.indexOf(": ")).replaceAll(".* ", ""));
      assertThat(time).isAtLeast(now);
      now = time;
    }
    assertThat(text).contains("irq_bypass_register_producer__entry: (e0)");
    assertThat(text).contains("irq_bypass_register_producer__exit: ret=0");
    assertThat(text).contains("kvm_apic_accept_irq: apicid 0 vec 97");
    assertThat(text).contains("eventfd_signal__entry: (intx,1)");
    assertThat(text).contains("kvm_exit: vcpu 0 reason kick");
    assertThat(text).contains("|vfio.set_irqs dev=nic index=MSIX");
  }

  @ParameterizedTest
  @MethodSource("bundled")
  @DisplayName("PlantUML draws what is written for it")
  void plantUml(String name, Contender contender) {
    String text = ExportFormat.PLANTUML.write(journal(name, contender));
    assertThat(new SourceStringReader(text).getBlocks().get(0).getDiagram())
        .isNotInstanceOf(PSystemError.class);
  }

  @Test
  @DisplayName("Mermaid: lanes, phases, and crosses where something was refused")
  void mermaid() {
    String text =
        ExportFormat.MERMAID.write(journal("platform-level-irq", Contender.EXPLICIT_LATE));
    assertThat(text).contains("\nsequenceDiagram\n");
    assertThat(text).contains("  participant CONTROLLER as interrupt controller\n");
    assertThat(text).contains("  Note over DEVICE,VCPU: ");
    assertThat(text).contains("VMM-xKVM: FORWARD");
    assertThat(text).contains("+ ");
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("names from strangers are data: they are no mark-up and add no line")
  void strangers(ExportFormat format) throws IOException {
    String hostile =
        """
        name: hostile
        title: t
        about: a
        platform: x86-posted
        devices: {nic: {intx: 1, msix: 1}}
        steps:
          - mark: "</script> |E|1 ;end\\n@enduml\\n  VMM-xKVM: forged #35; %% <b>"
          - vmm: [dev.open dev=nic]
        """;
    Scenario scenario =
        Scenario.read("hostile.yaml", new ByteArrayInputStream(hostile.getBytes(UTF_8)));
    String text = format.write(Journal.of(scenario, Contender.AUTOMATIC_LINUX, Clock.LOGICAL));
    assertThat(text.lines().map(String::strip).toList())
        .containsNoneOf("VMM-xKVM: forged #35; %% <b>", "E|1");
    switch (format) {
      case PERFETTO, JSON -> MAPPER.readTree(text);
      case PLANTUML -> assertThat(text.indexOf("@enduml")).isEqualTo(text.length() - 8);
      case MERMAID -> assertThat(text).contains("title: \"hostile, ");
      case FTRACE -> assertThat(text.lines().filter(line -> line.contains("forged"))).hasSize(1);
    }
  }

  @ParameterizedTest
  @EnumSource
  @DisplayName("the same run gives the same bytes")
  void deterministic(ExportFormat format) {
    assertThat(format.write(journal("intx-resample", Contender.EXPLICIT_LATE)))
        .isEqualTo(format.write(journal("intx-resample", Contender.EXPLICIT_LATE)));
  }

  @Test
  @DisplayName("a journal has an entry for each step, and every event is a moment inside its step")
  void journal() {
    Journal journal = modelled("nic-msix-boot", Contender.EXPLICIT_LATE);
    long before = 0;
    for (Execution.Step step : journal.trial().execution().steps()) {
      Journal.Entry entry = journal.entries().get(step.index());
      assertThat(entry.moments()).hasSize(step.outcome().events().size());
      assertThat(entry.span().begin()).isAtLeast(before);
      for (Journal.Moment moment : entry.moments()) {
        assertThat(moment.nanos()).isGreaterThan(entry.span().begin());
        assertThat(moment.nanos()).isLessThan(entry.span().end());
      }
      before = entry.span().end();
    }
  }

  @Test
  @DisplayName(
      "a step takes what it costs, and one that costs next to nothing long enough to be seen")
  void modelledTime() {
    Journal journal = modelled("nic-msix-boot", Contender.EXPLICIT_LATE);
    Timeline timeline = Timeline.of(journal.trial(), CostModel.defaults());
    int dear = 0;
    for (Journal.Entry entry : journal.entries()) {
      int step = entry.step().index();
      long cost = timeline.endOf(step) - timeline.startOf(step);
      long length = entry.span().end() - entry.span().begin();
      if (cost >= 2L * (entry.moments().size() + 1)) {
        assertThat(length).isEqualTo(cost);
        dear++;
      } else {
        assertThat(length).isGreaterThan(cost);
      }
    }
    assertThat(dear).isGreaterThan(journal.entries().size() / 2);
  }
}
