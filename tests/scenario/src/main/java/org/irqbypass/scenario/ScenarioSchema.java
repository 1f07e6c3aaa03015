package org.irqbypass.scenario;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * The JSON Schema of scenario files, made of the vocabulary, for editors that check and complete
 * while somebody writes. It refuses nothing that is a scenario; what it cannot know, such as
 * whether a device is described, only reading a scenario tells.
 *
 * <p>Draft 7, which is what editors' YAML support knows.
 */
public final class ScenarioSchema {
  /** Where the jar has the schema, beside this class. */
  public static final String RESOURCE = "scenario.schema.json";

  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  /** Where an example with the required arguments alone would show little. */
  private static final ImmutableMap<String, String> EXAMPLES =
      ImmutableMap.of(
          "vfio.set_irqs",
          "vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1"
              + " fds=e0",
          "kvm.routing",
          "kvm.routing vm=v0 entries=msi:24:0xfee00000:0x41",
          "irq.raise",
          "irq.raise dev=nic index=MSIX vector=0",
          "mark",
          "mark text=begin");

  /** What things are called in examples, by the argument that names them. */
  private static final ImmutableMap<String, String> NAMES =
      ImmutableMap.of("vm", "v0", "kv", "k0", "grp", "grp:nic", "ctr", "c0");

  private ScenarioSchema() {}

  /**
   * The schema.
   *
   * @return JSON, indented
   */
  public static String toJson() {
    DefaultIndenter indenter = new DefaultIndenter("  ", "\n");
    DefaultPrettyPrinter printer =
        new DefaultPrettyPrinter().withObjectIndenter(indenter).withArrayIndenter(indenter);
    try {
      return new ObjectMapper().writer(printer).writeValueAsString(root()) + "\n";
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException(impossible);
    }
  }

  private static ObjectNode root() {
    ObjectNode root = JSON.objectNode();
    root.put("$schema", "http://json-schema.org/draft-07/schema#");
    root.put(
        "description",
        "A scenario of irqbypass: what one virtual machine monitor, its devices and its guests do, written once and run by"
            + " every contender.");
    root.put("type", "object");
    root.put("additionalProperties", false);
    root.set("required", array("name", "platform", "steps"));
    ObjectNode properties = root.putObject("properties");
    properties.set(
        "name", pattern("^" + OperationPattern.NAME + "$", "Short, for the command line."));
    properties.set("title", text("One line."));
    properties.set("about", text("What it shows, in a few lines."));
    properties.set(
        "platform",
        words("On which host it runs unless told otherwise.", false, Platforms.existing()));
    properties.set(
        "profile",
        words(
            "Which kernel: LINUX_6_17 unless given.",
            true,
            KernelProfile.ALL.stream().map(KernelProfile::name).toList()));
    properties.set("devices", devices());
    properties.set("explore", explore());
    properties.set("storm", storm());
    properties.set("steps", reference("steps"));
    ObjectNode definitions = root.putObject("definitions");
    definitions.set("device", device());
    definitions.set("steps", steps());
    definitions.set("step", step());
    definitions.set("actor", actor());
    definitions.set("operation", operation());
    Vocabulary.all().values().forEach(each -> definitions.set(each.name(), operation(each)));
    return root;
  }

  private static ObjectNode devices() {
    ObjectNode devices = optional("object", "How many interrupts of each index a device has.");
    devices.putObject("propertyNames").put("pattern", "^" + OperationPattern.NAME + "$");
    devices.set("additionalProperties", reference("device"));
    return devices;
  }

  private static ObjectNode device() {
    ObjectNode device = JSON.objectNode();
    device.put(
        "description",
        "What is left out is 0 or false, but req, which every PCI device has. A platform device has"
            + " platform, and none of the counts.");
    device.put("type", "object");
    device.put("additionalProperties", false);
    ObjectNode properties = device.putObject("properties");
    ObjectNode none = JSON.objectNode();
    DeviceDescription.COUNTS.forEach(
        (key, most) -> {
          properties.set(key, count(DeviceDescription.MEANINGS.getOrDefault(key, ""), most));
          none.set(key, optional("integer", null).put("maximum", 0));
        });
    properties.set("reset", optional("boolean", "Whether VFIO_DEVICE_RESET works."));
    ObjectNode platform =
        optional("array", "A platform device: the trigger of each interrupt, one an index.");
    platform.putObject("items").set("enum", array("level", "edge"));
    properties.set("platform", platform);
    properties.set("amba", optional("boolean", "Whether the platform device is an AMBA device."));
    ObjectNode isPlatform = device.putObject("if");
    isPlatform.set("required", array("platform"));
    isPlatform.putObject("properties").putObject("platform").put("type", "array");
    device.putObject("then").set("properties", none);
    ObjectNode pci = device.putObject("else").putObject("properties");
    pci.set("req", optional("integer", null).put("minimum", 1));
    pci.putObject("amba").set("enum", JSON.arrayNode().add(false).addNull());
    return device;
  }

  private static ObjectNode explore() {
    ObjectNode explore =
        optional("object", "Which steps are tried in every order, and what must be found.");
    explore.put("additionalProperties", false);
    ObjectNode properties = explore.putObject("properties");
    ObjectNode confluent =
        described(
            "With which contenders all orders must end in the same state of forwarding; true: with"
                + " all of them.");
    ArrayNode either = confluent.putArray("anyOf");
    either.addObject().set("type", array("boolean", "null"));
    ObjectNode list = either.addObject();
    list.put("type", "array");
    list.set("items", words(null, false, Scenario.Explore.CONTENDERS));
    properties.set("confluent", confluent);
    properties.set("from", text("Up to the mark with this text, steps come as written."));
    properties.set("until", text("From the mark with this text on, steps come as written again."));
    return explore;
  }

  private static ObjectNode storm() {
    ObjectNode storm =
        optional("object", "The same at full size: irqfds of many x86 machines at the same time.");
    storm.put("additionalProperties", false);
    storm.set("required", array("irqfds", "machines"));
    ObjectNode properties = storm.putObject("properties");
    properties.set(
        "irqfds", from1("How many there are, and producers too.", Scenario.Storm.MOST_IRQFDS));
    properties.set(
        "machines",
        from1(
            "Among how many machines they are divided, each with a thread and a device.",
            Scenario.Storm.MOST_IRQFDS));
    return storm;
  }

  private static ObjectNode from1(String description, int most) {
    ObjectNode count = described(description).put("type", "integer");
    return count.put("minimum", 1).put("maximum", most);
  }

  private static ObjectNode steps() {
    ObjectNode steps =
        described("What happens, in the default order; each actor's own steps are its program.");
    steps.put("type", "array");
    steps.set("items", reference("step"));
    return steps;
  }

  private static ObjectNode step() {
    ObjectNode step = described("An actor and what it does, a mark, a repetition, or meanwhile.");
    step.put("type", "object");
    step.put("minProperties", 1);
    step.put("additionalProperties", false);
    ObjectNode properties = step.putObject("properties");
    properties.set("mark", text("Begins a phase."));
    ObjectNode repeat = described("How often steps are repeated.");
    repeat.put("type", "integer").put("minimum", 0).put("maximum", Integer.MAX_VALUE);
    properties.set("repeat", repeat);
    properties.set("steps", reference("steps", "What is repeated.", "array"));
    properties.set(
        "meanwhile",
        reference("steps", "Steps of others, before the VMM comes to its next call.", "array"));
    Actors.MEANINGS.forEach(
        (kind, meaning) ->
            properties.set(kind, reference("actor", meaning + ".", "string", "array")));
    step.putObject("patternProperties")
        .set("^(" + String.join("|", Actors.KINDS) + ")" + Actors.SUFFIX + "$", reference("actor"));
    step.putObject("if").set("required", array("repeat"));
    ObjectNode repetition = step.putObject("then");
    repetition.set("required", array("steps"));
    repetition.put("maxProperties", 2);
    ObjectNode single = step.putObject("else");
    single.put("maxProperties", 1);
    single.putObject("not").set("required", array("steps"));
    return step;
  }

  private static ObjectNode actor() {
    ObjectNode actor = described("One operation, or a list of them.");
    ArrayNode either = actor.putArray("anyOf");
    either.add(reference("operation"));
    ObjectNode list = either.addObject();
    list.put("type", "array");
    list.set("items", reference("operation"));
    return actor;
  }

  /**
   * Any operation. Each has a pattern of its own where its name is written, so that an editor
   * complains about what is wrong with this one; {@code defaultSnippets} and {@code errorMessage}
   * are known to those of them that use YAML's language server.
   */
  private static ObjectNode operation() {
    ObjectNode operation =
        described("name key=value key=value; a value with spaces stands between double quotes.");
    operation.put("type", "string");
    operation.put("pattern", OperationPattern.beginningWithOneOf(Vocabulary.all().keySet()));
    operation.put("errorMessage", "This is no operation.");
    ArrayNode each = operation.putArray("allOf");
    ArrayNode snippets = operation.putArray("defaultSnippets");
    for (OperationSchema schema : Vocabulary.all().values()) {
      ObjectNode choice = each.addObject();
      choice
          .putObject("if")
          .put("pattern", OperationPattern.beginningWithOneOf(ImmutableSet.of(schema.name())));
      choice.set("then", reference(schema.name()));
      snippets
          .addObject()
          .put("label", schema.name())
          .put("description", schema.documentation())
          .put("body", example(schema));
    }
    return operation;
  }

  private static ObjectNode operation(OperationSchema schema) {
    ObjectNode operation = JSON.objectNode();
    operation.put("title", schema.name());
    operation.put(
        "description",
        schema.documentation() + "\n\n" + schema + "\n\nsuch as: " + example(schema));
    operation.put("pattern", OperationPattern.of(schema));
    operation.put("errorMessage", "Expected " + schema);
    return operation;
  }

  /** The operation with what it cannot do without, or with what makes it worth while. */
  private static String example(OperationSchema schema) {
    String example = EXAMPLES.get(schema.name());
    if (example != null) {
      return example;
    }
    String arguments =
        schema.arguments().values().stream()
            .filter(ArgumentSchema::required)
            .map(argument -> " " + argument.name() + "=" + example(argument))
            .collect(Collectors.joining());
    return schema.name() + arguments;
  }

  private static String example(ArgumentSchema argument) {
    return switch (argument.kind()) {
      case INTEGER, INTEGERS -> argument.name().equals("gsi") ? "24" : "0";
      case NAME, DESCRIPTOR, DESCRIPTORS -> NAMES.getOrDefault(argument.name(), "e0");
      case DEVICE -> "nic";
      case INDEX -> "MSIX";
      case WORD, FLAGS -> argument.words().iterator().next();
      case LETTERS, ROUTES, TEXT -> "";
    };
  }

  private static ObjectNode words(
      @Nullable String description, boolean nullable, Iterable<String> words) {
    ObjectNode node = JSON.objectNode();
    if (description != null) {
      node.put("description", description);
    }
    ArrayNode values = node.putArray("enum");
    words.forEach(values::add);
    if (nullable) {
      values.addNull();
    }
    return node;
  }

  private static ObjectNode text(String description) {
    return described(description).set("type", array("string", "number", "boolean", "null"));
  }

  private static ObjectNode pattern(String pattern, String description) {
    return described(description).put("type", "string").put("pattern", pattern);
  }

  private static ObjectNode count(String description, int most) {
    return optional("integer", description).put("minimum", 0).put("maximum", most);
  }

  private static ObjectNode optional(String type, @Nullable String description) {
    ObjectNode node = description == null ? JSON.objectNode() : described(description);
    return node.set("type", array(type, "null"));
  }

  private static ObjectNode described(String description) {
    return JSON.objectNode().put("description", description);
  }

  private static ObjectNode reference(String definition) {
    return JSON.objectNode().put("$ref", "#/definitions/" + definition);
  }

  /** A reference with words of its own, which draft 7 would pass over beside it. */
  private static ObjectNode reference(String definition, String description, String... types) {
    ObjectNode node = described(description).set("type", array(types));
    node.putArray("allOf").add(reference(definition));
    return node;
  }

  private static ArrayNode array(String... values) {
    ArrayNode array = JSON.arrayNode();
    for (String value : values) {
      array.add(value);
    }
    return array;
  }
}
