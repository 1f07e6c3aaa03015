package org.irqbypass.comparison.narrative;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.comparison.catalogue.Catalogue;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.contender.Trial;
import org.irqbypass.comparison.contender.TrialRunner;
import org.irqbypass.scenario.Execution;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is said of a step, in a line. */
class CaptionTest {
  private static List<String> captions(String scenario, Contender contender) {
    Trial trial =
        TrialRunner.run(Catalogue.load(scenario, ImmutableMap.of()).scenario(), contender);
    List<String> captions = new ArrayList<>();
    for (Execution.Step step : trial.execution().steps()) {
      Trial.StepNote note = trial.notes().get(step.index());
      captions.add(Caption.of(step.operation(), step.outcome(), note.forwarding(), note.facts()));
    }
    return captions;
  }

  @ParameterizedTest
  @EnumSource(Contender.class)
  @DisplayName("every step of everything bundled has a line that is a sentence")
  void everyStep(Contender contender) {
    for (String scenario : Catalogue.all()) {
      for (String caption : captions(scenario, contender)) {
        assertThat(caption).doesNotContainMatch("%s|\\n|  |  ;|; \\.|\\bnull\\b");
        assertThat(caption).isNotEmpty();
      }
    }
  }

  @Test
  @DisplayName("the same refusal is told to one contender, kept from another, retried by a third")
  void refusals() {
    assertThat(captions("platform-level-irq", Contender.EXPLICIT_LATE))
        .contains(
            "Userspace asks to forward uart IRQ 0 to gsi 10, only for forwarding; it fails with"
                + " EAGAIN; so userspace is told that it is not bypassed.");
    assertThat(captions("platform-level-irq", Contender.AUTOMATIC_LINUX).toString())
        .contains("the two ends meet and cannot be paired (EAGAIN), and userspace is not told");
    assertThat(captions("platform-level-irq", Contender.AUTOMATIC_RETRY).toString())
        .contains("cannot be paired (EAGAIN), which will be tried again");
  }

  @Test
  @DisplayName("the way of a bypassed interrupt is told from the device to the guest")
  void bypassed() {
    assertThat(captions("nic-msix-boot", Contender.AUTOMATIC_LINUX))
        .contains(
            "nic MSIX 0 is raised: hardware takes it to the guest, past the host; pending as vector"
                + " 65 of v0 vCPU 0.");
  }
}
