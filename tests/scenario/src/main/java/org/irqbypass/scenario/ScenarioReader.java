package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;

/** Reads a scenario from YAML. */
final class ScenarioReader {
  private static final ImmutableList<String> KEYS =
      ImmutableList.of(
          "name", "title", "about", "platform", "profile", "devices", "explore", "storm", "steps");

  /** What a step may begin with besides an actor. */
  private static final ImmutableList<String> WORDS =
      ImmutableList.of("mark", "repeat", "meanwhile");

  /** A scenario may have this many steps when every repetition is written out. */
  private static final int MOST_STEPS = 100_000;

  private final ImmutableMap<String, DeviceDescription> devices;
  private final List<Scenario.Step> steps = new ArrayList<>();

  /** Whether what is read now happens before the VMM's next call. */
  private boolean meanwhile;

  private ScenarioReader(ImmutableMap<String, DeviceDescription> devices) {
    this.devices = devices;
  }

  static Scenario read(BoundedInput input, Map<String, DeviceDescription> besides) {
    Node.Mapping root = YamlDocument.read(input).asMapping("a scenario");
    root.only(KEYS, "a scenario");
    ScenarioReader reader = new ScenarioReader(Devices.of(root.entryOrNull("devices"), besides));
    reader.addAll(root.entry("steps"));
    MadeNames.check(reader.steps, reader.devices.keySet());
    Node name = root.entry("name");
    if (!name.isText() || !Vocabulary.isName(name.asText("name"))) {
      throw name.wrong("name", ArgumentKind.NAME.expected());
    }
    Platforms.check(root.text("platform"), root.entry("platform").position());
    Node profile = root.entryOrNull("profile");
    return new Scenario(
        root.text("name"),
        root.text("title", root.text("name")),
        root.text("about", "").strip(),
        root.text("platform"),
        profile == null
            ? KernelProfile.LINUX_6_17
            : KernelProfile.of(profile.asText("profile"), profile.position()),
        reader.devices,
        ImmutableList.copyOf(reader.steps),
        ExploreReader.read(root.entryOrNull("explore"), reader.steps),
        StormReader.read(root));
  }

  private void addAll(Node list) {
    for (Node step : list.asItems("steps")) {
      add(step.asMapping("a step"));
    }
  }

  private void add(Node.Mapping step) {
    Node repeat = step.entries().get("repeat");
    if (repeat != null) {
      step.only(ImmutableList.of("repeat", "steps"), "a repetition");
      repeat(repeat.asCount("repeat"), step);
      return;
    }
    Node others = step.entries().get("meanwhile");
    if (others != null) {
      step.only(ImmutableList.of("meanwhile"), "what others do meanwhile");
      boolean within = meanwhile;
      meanwhile = true;
      addAll(others);
      meanwhile = within;
      return;
    }
    for (String key : step.entries().keySet()) {
      if (!key.equals("mark")) {
        Actors.check(key, step.keyPosition(key), WORDS);
      }
    }
    if (step.entries().size() != 1) {
      throw step.wrong("a step", "one actor and its operation, such as \"vmm: vm.new vm=v0\"");
    }
    Map.Entry<String, Node> entry = step.entries().entrySet().iterator().next();
    String actor = entry.getKey();
    if (actor.equals("mark")) {
      String text = entry.getValue().asText("mark");
      append(entry.getValue(), Actors.VMM, mark(text, entry.getValue().position()));
    } else if (entry.getValue() instanceof Node.Sequence several) {
      several.items().forEach(item -> append(item, actor, operation(item)));
    } else {
      append(entry.getValue(), actor, operation(entry.getValue()));
    }
  }

  private static Operation mark(String text, Position position) {
    return Vocabulary.check(
        "mark", Map.of("text", new Argument("text", text, position)), position, true);
  }

  private Operation operation(Node node) {
    Operation operation = Operation.parse(node.asText("an operation"), node.position());
    Devices.check(operation, devices);
    if (operation.has("entries")) {
      RoutingText.check(operation);
    }
    return operation;
  }

  private void append(Node node, String actor, Operation operation) {
    if (steps.size() == MOST_STEPS) {
      throw new InputException(node.position(), "there are more than " + MOST_STEPS + " steps");
    }
    if (meanwhile && Actors.kind(actor).equals(Actors.VMM)) {
      throw node.wrong("what happens meanwhile", "steps of others than " + Actors.VMM);
    }
    steps.add(new Scenario.Step(actor, operation, meanwhile));
  }

  private void repeat(int times, Node.Mapping step) {
    int from = steps.size();
    addAll(step.entry("steps"));
    if (times == 0) {
      steps.subList(from, steps.size()).clear();
      return;
    }
    List<Scenario.Step> once = List.copyOf(steps.subList(from, steps.size()));
    if ((long) from + (long) once.size() * times > MOST_STEPS) {
      throw new InputException(step.position(), "there are more than " + MOST_STEPS + " steps");
    }
    for (int i = 1; i < times && !once.isEmpty(); i++) {
      steps.addAll(once);
    }
  }
}
