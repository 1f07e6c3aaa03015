package org.irqbypass.comparison.catalogue;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.fasterxml.jackson.dataformat.yaml.YAMLMapper;
import com.networknt.schema.JsonSchemaFactory;
import com.networknt.schema.SpecVersion.VersionFlag;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import org.irqbypass.comparison.account.Account;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.contender.TrialRunner;
import org.irqbypass.scenario.Platforms;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.scenario.ScenarioSchema;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The scenarios that people begin with, and the bundled ones, against the published schema. */
class TemplateTest {
  static Collection<String> platforms() {
    return Platforms.existing();
  }

  private static Scenario scenario(String platform) {
    String text = Template.of(platform, Path.of("mine.yaml"));
    return Scenario.read("mine.yaml", new ByteArrayInputStream(text.getBytes(UTF_8)));
  }

  @ParameterizedTest
  @MethodSource("platforms")
  @DisplayName("a new scenario runs with every contender, loses nothing, and is bypassed if it can")
  void runs(String platform) {
    Scenario scenario = scenario(platform);
    assertThat(scenario.platform()).isEqualTo(platform);
    for (Contender contender : Contender.values()) {
      Account account = TrialRunner.run(scenario, contender).account();
      assertThat(account.raised()).isAtLeast(11);
      assertThat(account.delivered()).isEqualTo(account.raised());
      assertThat(account.lost() + account.duplicated() + account.misdirected()).isEqualTo(0);
      assertWithMessage("%s on %s", contender, platform)
          .that(account.bypassed())
          .isAtLeast(platform.equals("x86-remapped") ? 0 : 10);
    }
  }

  @ParameterizedTest
  @MethodSource("platforms")
  @DisplayName("every call of a new scenario succeeds")
  void succeeds(String platform) {
    TrialRunner.run(scenario(platform), Contender.AUTOMATIC_LINUX)
        .execution()
        .steps()
        .forEach(
            step ->
                assertWithMessage(step.operation().toText())
                    .that(step.outcome().succeeded())
                    .isTrue());
  }

  @Test
  @DisplayName("it is called after its file, unless that is no name")
  void name() {
    assertThat(Template.of("x86-posted", Path.of("a", "mine.yaml"))).contains("\nname: mine\n");
    assertThat(Template.of("x86-posted", Path.of("a", "mine.yaml")))
        .contains("irqbypass compare mine.yaml ");
    for (Path odd : List.of(Path.of("7.yaml"), Path.of("a\nsteps: 5"), Path.of("/"))) {
      assertThat(Template.of("x86-posted", odd)).contains("\nname: scenario\n");
    }
  }

  @Test
  @DisplayName("the published schema accepts the bundled scenarios and the new ones")
  void schema() throws IOException {
    List<String> texts = new ArrayList<>();
    Platforms.existing().forEach(platform -> texts.add(Template.of(platform, null)));
    for (String name : Catalogue.scenarios()) {
      texts.add(read(Catalogue.class, "/org/irqbypass/comparison/scenarios/" + name + ".yaml"));
    }
    var schema =
        JsonSchemaFactory.getInstance(VersionFlag.V7)
            .getSchema(read(ScenarioSchema.class, ScenarioSchema.RESOURCE));
    for (String text : texts) {
      assertWithMessage(text).that(schema.validate(new YAMLMapper().readTree(text))).isEmpty();
    }
  }

  private static String read(Class<?> beside, String resource) throws IOException {
    try (InputStream stream = beside.getResourceAsStream(resource)) {
      assertWithMessage(resource).that(stream).isNotNull();
      return new String(stream.readAllBytes(), UTF_8);
    }
  }
}
