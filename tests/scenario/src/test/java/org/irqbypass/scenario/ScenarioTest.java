package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertThat;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.time.Duration.ofMinutes;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTimeoutPreemptively;

import com.google.common.collect.ImmutableSet;
import java.io.ByteArrayInputStream;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.Test;

/** Scenario files: what is read, and what is said where one is wrong. */
class ScenarioTest {
  private static final String HEAD =
      """
      name: small
      platform: x86-remapped
      devices: { nic: { intx: 1, msi: 0, msix: 4, err: 1, req: 1, reset: true } }
      """;

  @Test
  void readsActorsAndSteps() {
    Scenario scenario =
        read(
            HEAD
                + """
                title: A small one
                about: |
                  Two lines
                  of text.
                steps:
                  - mark: probe
                  - vmm: vm.new vm=v0
                  - vmm: [ ef.new fd=e0, ef.new fd=e1 ]
                  - device: irq.raise dev=nic index=MSIX vector=0
                  - repeat: 2
                    steps:
                      - guest: guest.take vm=v0 vcpu=0
                      - repeat: 3
                        steps: [ guest: "guest.end vm=v0 vcpu=0" ]
                """);
    assertThat(scenario.title()).isEqualTo("A small one");
    assertThat(scenario.about()).isEqualTo("Two lines\nof text.");
    assertThat(scenario.profile()).isEqualTo(KernelProfile.LINUX_6_17);
    assertThat(scenario.steps()).hasSize(5 + 2 * 4);
    assertThat(scenario.steps().get(0).operation())
        .isEqualTo(Operation.of("mark", "text", "probe"));
    assertThat(scenario.steps().get(3))
        .isEqualTo(new Scenario.Step("vmm", Operation.parse("ef.new fd=e1")));
    assertThat(scenario.steps().get(4).actor()).isEqualTo("device");
    assertThat(scenario.steps().get(2).operation().position()).isEqualTo(new Position("s", 11, 12));
  }

  @Test
  void whatOthersDoMeanwhileComesBeforeTheVmmsNextCall() {
    Scenario scenario =
        read(
            HEAD
                + """
                steps:
                  - vmm: vm.new vm=v0
                  - meanwhile:
                      - device: irq.raise dev=nic index=MSIX vector=0
                      - guest: [ guest.run vm=v0 vcpu=0 ]
                  - guest: guest.run vm=v0 vcpu=0
                """);
    assertThat(scenario.steps().stream().map(Scenario.Step::meanwhile))
        .containsExactly(false, true, true, false)
        .inOrder();
    assertThat(complaint(HEAD + "steps: [ meanwhile: [ vmm: ef.new fd=e0 ] ]"))
        .contains("expected steps of others than vmm");
    assertThat(complaint(HEAD + "steps: [ { meanwhile: [], more: 1 } ]"))
        .contains("what others do meanwhile has no \"more\"");
  }

  @Test
  void mistakesAreLocatedAndExplained() {
    assertThat(complaint("")).startsWith("s:1:1: there is nothing here");
    assertThat(complaint("just text")).contains("a scenario is text \"just text\", expected a map");
    assertThat(complaint(HEAD)).isEqualTo("s:1:1: steps is missing");
    assertThat(complaint(HEAD + "stepps: []"))
        .contains("s:4:1: a scenario has no \"stepps\"; did you mean steps?");
    assertThat(complaint(HEAD + "steps: 5"))
        .contains("s:4:8: steps is a number \"5\", expected a list");
    assertThat(complaint(HEAD + "steps:\n  - vm.new"))
        .contains("s:5:5: a step is text \"vm.new\", expected a map");
    assertThat(complaint(HEAD + "steps:\n  - vmm: vm.knew vm=v0"))
        .isEqualTo("s:5:10: \"vm.knew\" is no operation; did you mean vm.new?");
    assertThat(complaint(HEAD + "steps:\n  - vmm: vfio.reset dev=nick"))
        .isEqualTo(
            "s:5:21: dev of vfio.reset is \"nick\", expected a device: nic; did you mean nic?");
    assertThat(complaint(HEAD + "steps:\n  - vmm: vm.new vm=v0\n    guest: ef.read fd=e0"))
        .contains("expected one actor and its operation");
    assertThat(complaint(HEAD + "steps:\n  - repeat: many\n    steps: []"))
        .contains("repeat is text \"many\", expected a count");
    assertThat(complaint(HEAD.replace("small", "\"a b\"") + "steps: []"))
        .contains("expected a name");
    assertThat(complaint(HEAD + "steps: [")).startsWith("s:4:");
    assertThat(complaint(HEAD + "steps: []\nname: again")).contains("s:5:");
    assertThat(complaint("a: b: c")).startsWith("s:1:");
    assertThat(complaint(HEAD.replace("msix: 4", "msix: four") + "steps: []"))
        .contains("msix is text \"four\", expected a count from 0");
    assertThat(complaint(HEAD.replace("reset: true", "reset: 1") + "steps: []"))
        .contains("expected true or false");
    assertThat(complaint(HEAD + "steps: []\n---\nname: two")).startsWith("s:6:");
    assertThat(complaint("\tname: x")).startsWith("s:1:");
  }

  @Test
  void aMisspeltActorIsNoNewActor() {
    assertThat(complaint(HEAD + "steps:\n  - gest: guest.run vm=v0 vcpu=0"))
        .isEqualTo(
            "s:5:5: \"gest\" is no actor, expected vmm, device, guest, host or one of them and a"
                + " number or a word, such as guest1 or vmm-hotplug; did you mean guest?");
    assertThat(complaint(HEAD + "steps:\n  - vvm-hotplug: ef.new fd=e0"))
        .endsWith("; did you mean vmm-hotplug?");
    assertThat(complaint(HEAD + "steps:\n  - meanwhle: []")).endsWith("; did you mean meanwhile?");
    assertThat(complaint(HEAD + "steps:\n  - repaet: 3\n    steps: []"))
        .isEqualTo(
            "s:5:5: \"repaet\" is no actor, expected vmm, device, guest, host or one of them and a"
                + " number or a word, such as guest1 or vmm-hotplug; did you mean repeat?");
    assertThat(complaint(HEAD + "steps: [ \"%s\": ef.new fd=e0 ]".formatted("1".repeat(500))))
        .startsWith("s:4:10: \"111");
    assertThat(
            read(HEAD + "steps: [ vmm2: ef.new fd=e0, guest-b: ef.read fd=e0, host: ef.new fd=e1 ]")
                .steps()
                .stream()
                .map(Scenario.Step::actor))
        .containsExactly("vmm2", "guest-b", "host")
        .inOrder();
    assertThat(complaint(HEAD + "steps: [ meanwhile: [ vmm2: ef.new fd=e0 ] ]"))
        .contains("expected steps of others than vmm");
  }

  @Test
  void saysWhatIsExploredAndMustBeFound() {
    String steps =
        """
        steps:
          - mark: set up
          - vmm: ef.new fd=e0
          - mark: races
          - vmm: ef.new fd=e1
          - mark: the end
          - vmm: teardown
        """;
    assertThat(read(HEAD + steps).explore())
        .isEqualTo(new Scenario.Explore(ImmutableSet.of(), 0, 6));
    assertThat(
            read(HEAD + "explore: { confluent: [automatic-retry], from: races }\n" + steps)
                .on("x86-posted")
                .explore())
        .isEqualTo(new Scenario.Explore(ImmutableSet.of("automatic-retry"), 2, 6));
    assertThat(
            read(HEAD + "explore: { confluent: true, from: races, until: the end }\n" + steps)
                .explore())
        .isEqualTo(new Scenario.Explore(Scenario.Explore.CONTENDERS, 2, 4));
    assertThat(complaint(HEAD + "explore: { from: race }\n" + steps))
        .isEqualTo("s:4:18: \"race\" is no mark of this scenario; did you mean races?");
    assertThat(complaint(HEAD + "explore: { from: the end, until: races }\n" + steps))
        .contains("\"races\" is no mark after that of from");
    assertThat(complaint(HEAD + "explore: { untill: races }\n" + steps))
        .isEqualTo("s:4:12: explore has no \"untill\"; did you mean until?");
    assertThat(complaint(HEAD + "explore: { confluent: [automatic-retries] }\n" + steps))
        .endsWith("; did you mean automatic-retry?");
    assertThat(complaint(HEAD + "explore: { confluent: often }\n" + steps))
        .contains("confluent is text \"often\", expected true, or a list of contenders");
  }

  @Test
  void aNameThatNoStepMakesIsRefused() {
    String steps =
        """
        steps:
          - vmm: [ vm.new vm=v0, ef.new fd=e0, ef.new fd=trigger ]
          - vmm: ef.write fd=%s
        """;
    read(HEAD + steps.formatted("closed"));
    read(HEAD + steps.formatted("vm:v0"));
    assertThat(complaint(HEAD + steps.formatted("triger")))
        .isEqualTo(
            "s:6:19: fd of ef.write is \"triger\", expected what a step makes: e0, trigger; did you"
                + " mean trigger?");
    assertThat(complaint(HEAD + steps.formatted("vm:v1")))
        .endsWith("a step makes: v0; did you mean v0?");
    assertThat(
            complaint(HEAD + "steps:\n  - vmm: vm.new vm=v0\n  - guest: guest.run vm=v00 vcpu=0"))
        .isEqualTo(
            "s:6:22: vm of guest.run is \"v00\", expected what a step makes: v0; did you mean v0?");
    assertThat(complaint(HEAD + "steps: [ vmm: kv.close kv=k0 ]"))
        .endsWith("expected what a step makes, and none makes any");
  }

  @Test
  void routesAreReadWithTheScenario() {
    assertThat(
            complaint(HEAD + "steps:\n  - vmm: kvm.routing vm=v0 entries=irqchp:1:0:1;msi:1:2:3"))
        .isEqualTo(
            "s:5:28: entries of kvm.routing is \"irqchp:1:0:1;msi:1:2:3\", expected"
                + " msi:GSI:LO:DATA[:HI[:FLAGS[:DEVID]]], irqchip:GSI:CHIP:PIN[:FLAGS],"
                + " hv_sint:GSI:VCPU:SINT or TYPE:GSI[:FLAGS] instead of \"irqchp:1:0:1\"; did you"
                + " mean irqchip?");
  }

  @Test
  void yamlMakesNoObjects() {
    assertThat(complaint("!!javax.script.ScriptEngineManager [ 1 ]"))
        .contains("tags (!) are not allowed");
    assertThat(complaint(HEAD + "about: !!java.io.File [ x ]\nsteps: []"))
        .contains("tags (!) are not allowed");
    assertThat(complaint(HEAD + "about: !ruby/object x\nsteps: []"))
        .contains("tags (!) are not allowed");
  }

  @Test
  void bombsAreRefused() {
    String laughs =
        "a: &a [x,x,x,x,x,x,x,x,x]\nb: &b [*a,*a,*a,*a,*a,*a,*a,*a,*a]\nc: [*b,*b,*b,*b,*b,*b,*b]\n";
    assertThat(complaint(laughs)).contains("anchors and aliases (& and *) are not allowed");
    assertThat(complaint("a: *unknown")).startsWith("s:1:");
    assertThat(complaint(HEAD + "about: &x y\nsteps: []"))
        .endsWith("anchors and aliases (& and *) are not allowed");
    assertThat(complaint("- ".repeat(20_000) + "x")).startsWith("s:1:");
    assertThat(complaint("[".repeat(20_000))).startsWith("s:1:");
    assertThat(complaint("{a: ".repeat(20_000))).startsWith("s:1:");
    assertThat(
            complaint(
                HEAD
                    + "steps: [ { repeat: 100000, steps: [ { repeat: 100000, steps: [ vmm: mark ] } ]"
                    + " } ]"))
        .contains("there are more than 100000 steps");
    String nothing = "steps: [ { repeat: 2147483647, steps: [] } ]";
    assertThat(assertTimeoutPreemptively(ofMinutes(1), () -> read(HEAD + nothing)).steps())
        .isEmpty();
    assertThat(complaint("x".repeat(2_000_000))).contains("the file is longer than");
    assertThat(complaint("\0".repeat(100))).contains("there is a zero byte");
    assertThat(complaint(HEAD + "about: \u0007\nsteps: []")).startsWith("s:");
  }

  @Test
  void whatFollowsAnInnerMeanwhileIsStillMeanwhile() {
    String steps =
        "steps: [ meanwhile: [ { meanwhile: [ guest: mark ] }, { device: mark } ], { guest: mark } ]";
    assertThat(read(HEAD + steps).steps().stream().map(Scenario.Step::meanwhile))
        .containsExactly(true, true, false)
        .inOrder();
  }

  @Test
  void missingFileIsSaid() {
    assertThat(assertThrows(InputException.class, () -> Scenario.read(Path.of("none.yaml"))))
        .hasMessageThat()
        .isEqualTo("none.yaml: there is no such file");
  }

  private static Scenario read(String text) {
    return Scenario.read("s", new ByteArrayInputStream(text.getBytes(UTF_8)));
  }

  @Test
  void stormsHaveAtMostAsManyMachinesAsIrqfdsAndEnoughForTheirVectors() {
    assertThat(storm("{ irqfds: 2049, machines: 2 }")).isEqualTo(new Scenario.Storm(2049, 2));
    assertThat(complaint(HEAD + "storm: { irqfds: 2049, machines: 1 }\nsteps: []"))
        .isEqualTo("s:4:34: machines is a number \"1\", expected from 2 to 2049");
    assertThat(complaint(HEAD + "storm: { irqfds: 3, machines: 4 }\nsteps: []"))
        .contains("machines is a number \"4\", expected from 1 to 3");
    assertThat(complaint(HEAD + "storm: { irqfds: 1e6, machines: 4 }\nsteps: []"))
        .contains("irqfds is a number \"1e6\", expected a count from 0");
    assertThat(complaint(HEAD + "storm: { irqfd: 3, machines: 3 }\nsteps: []"))
        .endsWith("; did you mean irqfds?");
    assertThat(
            complaint(
                HEAD.replace("x86-remapped", "arm64-gicv3")
                    + "storm: { irqfds: 3, machines: 3 }\nsteps: []"))
        .contains("a storm is of x86 machines");
  }

  private static Scenario.@Nullable Storm storm(String text) {
    String scenario = HEAD + "storm: " + text + "\nsteps: []";
    return Scenario.read("s", new ByteArrayInputStream(scenario.getBytes(UTF_8))).storm();
  }

  private static String complaint(String text) {
    InputException thrown = assertThrows(InputException.class, () -> read(text));
    assertThat(thrown).hasMessageThat().doesNotContain("\n");
    return String.valueOf(thrown.getMessage());
  }

  @Test
  void anUnknownPlatformOrProfileIsNamedWhereItStands() {
    for (String line :
        new String[] {"platform: x86-pasted", "platform: x86-posted\nprofile: LINUX_9"}) {
      String text = "name: s\n" + line + "\nsteps: []\n";
      InputException complaint =
          assertThrows(
              InputException.class,
              () -> Scenario.read("s", new ByteArrayInputStream(text.getBytes(UTF_8))));
      assertThat(complaint)
          .hasMessageThat()
          .startsWith(line.contains("\n") ? "s:3:10:" : "s:2:11:");
    }
  }
}
