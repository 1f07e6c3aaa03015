package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchema;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The published schema says of a file what reading it says, as far as a schema can know. */
class ScenarioSchemaTest {
  private static final JsonSchema SCHEMA =
      JsonSchemaFactory.getInstance(VersionFlag.V7).getSchema(ScenarioSchema.toJson());

  private static final String HEAD =
      """
      name: small
      platform: x86-posted
      devices:
        nic: { intx: 1, msi: 0, msix: 4, err: 1, req: 1, reset: true }
        uart: { platform: [level, edge] }
      """;

  @Test
  void theOneInTheJarIsThatOfTheVocabulary() throws IOException {
    String made = ScenarioSchema.toJson();
    Path wanted = Path.of("target", ScenarioSchema.RESOURCE);
    Files.writeString(wanted, made);
    try (InputStream stream = ScenarioSchema.class.getResourceAsStream(ScenarioSchema.RESOURCE)) {
      assertWithMessage("copy %s over it", wanted)
          .that(stream == null ? "" : new String(stream.readAllBytes(), UTF_8))
          .isEqualTo(made);
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"arm64-gicv2", "arm64-gicv3", "arm64-gicv4", "x86-posted", "x86-remapped"})
  void acceptsScenarios(String name) throws IOException {
    try (InputStream stream = ScenarioSchemaTest.class.getResourceAsStream(name + ".yaml")) {
      assertThat(complaints(new String(Objects.requireNonNull(stream).readAllBytes(), UTF_8)))
          .isEmpty();
    }
  }

  static List<String> wellFormed() {
    return List.of(
        "steps: []",
        "title:\nabout: 2015\nprofile: null\nexplore: null\nsteps: [ mark: ]",
        "explore: { confluent: [automatic-retry], from: b }\nsteps: [ mark: a, mark: b ]",
        "steps: [ vmm2: [], guest-b: ef.new fd=e0, host: [ teardown, mark ] ]",
        "storm: null\nsteps: []",
        "storm: { irqfds: 174000, machines: 144 }\nsteps: []",
        "storm: { irqfds: 1, machines: 1 }\nsteps: []",
        "steps: [ { repeat: 3, steps: [ meanwhile: [ device: irq.raise dev=nic index=5 ] ] } ]",
        "steps: [ vmm: \"  ef.new \\n fd=e0   init=0xff flags=SEMAPHORE|NONBLOCK|4 \" ]",
        "steps: [ vmm: 'mark text=\"a \\\" b\"' ]",
        "steps: [ vmm: [ ef.new fd=e0, 'ef.write fd=\"e0\"value=-1' ] ]",
        "steps: [ vmm: [ vm.new vm=v0, \"kvm.routing vm=v0 entries=msi:24:1:2;;irqchip:1:0:1;2:3\" ] ]",
        "steps: [ vmm: [ vm.new vm=v0, kvm.routing vm=v0 entries= ] ]",
        "steps: [ vmm: 'byp cmd=rp slot=0 flags=aF token=1' ]",
        "steps: [ device: irq.raise dev=uart index=0 ]");
  }

  @ParameterizedTest
  @MethodSource("wellFormed")
  void acceptsWhatIsRead(String rest) throws IOException {
    assertDoesNotThrow(() -> read(HEAD + rest));
    assertThat(complaints(HEAD + rest)).isEmpty();
  }

  @Test
  void offersOperationsThatCanBeRead() throws IOException {
    JsonNode operation =
        new YAMLMapper().readTree(ScenarioSchema.toJson()).at("/definitions/operation");
    assertThat(operation.get("defaultSnippets")).hasSize(Vocabulary.all().size());
    for (JsonNode offer : operation.get("defaultSnippets")) {
      String step =
          "steps: [ vmm: [ vm.new vm=v0, ef.new fd=e0, ctr.open fd=c0, kv.create vm=v0 kv=k0 ],"
              + " guest: '"
              + offer.get("body").asText()
              + "' ]";
      assertThat(read(HEAD + step).steps().get(4).operation().name())
          .isEqualTo(offer.get("label").asText());
      assertThat(complaints(HEAD + step)).isEmpty();
    }
  }

  static List<String> mistakes() {
    return List.of(
        "stepps: []",
        "steps: 5",
        "steps: [ text ]",
        "steps: [ {} ]",
        "steps: [ steps: [] ]",
        "steps: [ { repeat: 2 } ]",
        "steps: [ { repeat: -1, steps: [] } ]",
        "steps: [ { repeat: many, steps: [] } ]",
        "steps: [ { repeat: 2, steps: [], vmm: mark } ]",
        "steps: [ { vmm: mark, guest: mark } ]",
        "steps: [ { meanwhile: [], guest: mark } ]",
        "steps: [ meanwhile: mark ]",
        "steps: [ mark: [ a ] ]",
        "steps: [ gest: mark ]",
        "steps: [ guest_b: mark ]",
        "steps: [ vmm: ]",
        "steps: [ vmm: 7 ]",
        "steps: [ vmm: vm.knew vm=v0 ]",
        "steps: [ vmm: vm.new ]",
        "steps: [ vmm: vm.new wm=v0 ]",
        "steps: [ vmm: vm.new vm=v0 gsi=1 ]",
        "steps: [ vmm: vm.newvm=v0 ]",
        "steps: [ vmm: vm.new vm=0v ]",
        "steps: [ vmm: vm.vcpu vm=v0 vcpu=one ]",
        "steps: [ vmm: vm.vcpu vm=v0 vcpu= ]",
        "steps: [ vmm: 'mark text=\"open' ]",
        "steps: [ vmm: ef.new fd=e0 flags=SEMAFORE ]",
        "steps: [ vmm: ef.new fd=e0 flags= ]",
        "steps: [ vmm: \"kvm.routing vm=v0 entries=msii:24:1:2\" ]",
        "steps: [ vmm: \"kvm.routing vm=v0 entries=msi:24:1\" ]",
        "steps: [ device: irq.raise dev=nic index=MSX ]",
        "explore: { from: 1, untill: 2 }\nsteps: [ mark: 1, mark: 2 ]",
        "explore: { confluent: often }\nsteps: []",
        "explore: { confluent: [ automatic ] }\nsteps: []",
        "storm: { irqfds: 0, machines: 1 }\nsteps: []",
        "storm: { irqfds: 1000001, machines: 1000 }\nsteps: []",
        "storm: { irqfds: 8, machines: 0 }\nsteps: []",
        "storm: { irqfds: 8 }\nsteps: []",
        "storm: { irqfds: 8, machines: 2, vcpus: 1 }\nsteps: []",
        "storm: 174000\nsteps: []",
        "profile: LINUX_5\nsteps: []");
  }

  @ParameterizedTest
  @MethodSource("mistakes")
  void mistakesAreRefusedByBoth(String rest) {
    assertThrows(InputException.class, () -> read(HEAD + rest));
    assertRefused(HEAD + rest);
  }

  static List<String> wrongHeads() {
    return List.of(
        "",
        "[]",
        "platform: x86-posted\nsteps: []",
        "name: a\nsteps: []",
        "name: a\nplatform: x86-posted",
        "name: a b\nplatform: x86-posted\nsteps: []",
        "name: true\nplatform: x86-posted\nsteps: []",
        "name: a\nplatform: x86\nsteps: []",
        device("intx: 2"),
        device("msix: 2049"),
        device("req: 0"),
        device("msix: -1"),
        device("msix: few"),
        device("mxis: 1"),
        device("reset: 1"),
        device("amba: true"),
        device("platform: []\n    msi: 1"),
        device("platform: [ low ]"),
        device("platform: level"),
        "name: a\nplatform: x86-posted\nsteps: []\ndevices: { 1: {} }");
  }

  private static String device(String entries) {
    return "name: a\nplatform: x86-posted\nsteps: []\ndevices:\n  nic:\n    " + entries;
  }

  @ParameterizedTest
  @MethodSource("wrongHeads")
  void wrongHeadsAreRefusedByBoth(String text) {
    assertThrows(InputException.class, () -> read(text));
    assertRefused(text);
  }

  /** Takes letters out of a good scenario, one after the other, and puts others in. */
  @Test
  void nothingIsRefusedThatCanBeRead() {
    String good =
        HEAD
            + """
            explore: { confluent: [automatic-retry], from: b }
            steps:
              - mark: b
              - vmm: [ vm.new vm=v0, ef.new fd=e0 flags=SEMAPHORE|2 init=0x1F ]
              - { repeat: 3, steps: [ guest-2: "guest.run vm=v0 vcpu=0" ] }
              - meanwhile: [ device1: irq.raise dev=nic index=MSIX vector=0 level=1 ]
              - vmm: 'kvm.routing vm="v0" entries=msi:24:0xfee00000:0x41:0;irqchip:1:0:1'
            """;
    int read = 0;
    int refused = 0;
    for (int at = 0; at < good.length(); at++) {
      for (String instead : List.of("", "x", "0", ":", " ", "-", "\"", ",", "=")) {
        String mutant = good.substring(0, at) + instead + good.substring(at + 1);
        if (isRead(mutant)) {
          read++;
          assertWithMessage(mutant).that(complaints(mutant)).isEmpty();
        } else {
          refused++;
        }
      }
    }
    assertThat(read).isAtLeast(300);
    assertThat(refused).isAtLeast(3000);
  }

  private static boolean isRead(String text) {
    try {
      read(text);
      return true;
    } catch (InputException refused) {
      return false;
    }
  }

  private static Scenario read(String text) {
    return Scenario.read("s", new ByteArrayInputStream(text.getBytes(UTF_8)));
  }

  private static List<String> complaints(String yaml) {
    try {
      JsonNode node = new YAMLMapper().readTree(yaml);
      return SCHEMA.validate(node).stream().map(Object::toString).toList();
    } catch (IOException noYaml) {
      return List.of(noYaml.toString());
    }
  }

  private static void assertRefused(String yaml) {
    assertWithMessage(yaml).that(complaints(yaml)).isNotEmpty();
  }
}
