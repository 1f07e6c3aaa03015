package org.irqbypass.evidence;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.fasterxml.jackson.databind.json.JsonMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The table says what the rooms left behind, and what they did not. */
class TableTest {
  @TempDir Path root;

  @BeforeEach
  void leaveEvidence() throws IOException {
    for (String room : Reports.TESTED) {
      write(
          room + "/target/evidence/some.json",
          """
          [{"what": "tries of %s", "tried": 1234567, "unit": "inputs", "found": 0, "detail": "a | b"}]
          """
              .formatted(room));
    }
    write("pom.xml", "<project><mutation.threshold>90</mutation.threshold></project>");
    for (String room : Reports.MUTATED) {
      write(room + "/pom.xml", "<project/>");
      mutants(room, 90, 10);
    }
  }

  private void write(String file, String text) throws IOException {
    Path path = root.resolve(file);
    Files.createDirectories(path.getParent());
    Files.writeString(path, text);
  }

  private void mutants(String room, int killed, int surviving) throws IOException {
    write(
        room + "/target/pit-reports/mutations.xml",
        "<mutations>"
            + mutant(true, "Any", "any").repeat(killed)
            + mutant(false, "Irqfd$Waiter", "lambda$wake$3").repeat(surviving)
            + "</mutations>");
    write(
        room + "/src/test/pit/survivors.md",
        """
        | where | what nobody notices |
        |---|---|
        | `kvm.Irqfd.Waiter.wake` | returns `0` (10) |
        """);
  }

  private static String mutant(boolean detected, String type, String method) {
    return """
        <mutation detected='%s'>
          <mutatedClass>org.irqbypass.kvm.%s</mutatedClass><mutatedMethod>%s</mutatedMethod>
        </mutation>
        """
        .formatted(detected, type, method);
  }

  private Table table() throws IOException {
    return new Table(new Reports(root).read());
  }

  @Test
  void everyRowSaysWhatWasTriedHowManyAndWhatWasFound() throws IOException {
    assertThat(table().text())
        .contains(
            "tests/fuzz         tries of tests/fuzz            "
                + "  1,234,567 inputs   found 0\n");
    assertThat(table().text())
        .contains(
            "legacy-api         mutation testing, 90.0 % killed"
                + "        100 mutants  found 0\n");
    assertThat(table().text()).endsWith("Nothing was found in 9 kinds of evidence.\n");
  }

  @Test
  void thePageHasTheDetailsAndTheProgramsFormTheNumbers() throws IOException {
    assertThat(table().markdown())
        .contains("| tests/soak | tries of tests/soak | 1,234,567 inputs | 0 | a \\| b |");
    assertThat(JsonMapper.builder().build().readTree(table().json()).get(0).get("tried").asLong())
        .isEqualTo(1234567);
  }

  @Test
  void aFindingFailsAfterTheTableIsWritten() throws IOException {
    write(
        "tests/fuzz/target/evidence/some.json",
        """
        [{"what": "inputs", "tried": 5, "unit": "inputs", "found": 2, "detail": ""}]
        """);
    Path out = root.resolve("out");
    IllegalStateException failure =
        assertThrows(
            IllegalStateException.class,
            () -> Main.main(new String[] {root.toString(), out.toString()}));
    assertThat(failure).hasMessageThat().isEqualTo("FOUND SOMETHING in 1 of 9 kinds of evidence.");
    assertThat(Files.readString(out.resolve("evidence.txt"))).contains("found 2");
  }

  @Test
  void aRoomThatLeftNoEvidenceIsAFinding() throws IOException {
    Files.delete(root.resolve("tests/faults/target/evidence/some.json"));
    Files.delete(root.resolve("registry/target/pit-reports/mutations.xml"));
    assertThat(table().found()).isEqualTo(2);
    assertThat(table().text()).contains("nothing: no evidence was left");
  }

  @Test
  void mutantsThatMoreHadToBeKilledAreFound() throws IOException {
    mutants("registry", 85, 15);
    assertThat(table().found()).isEqualTo(5);
    write("registry/pom.xml", "<project><mutation.threshold>85</mutation.threshold></project>");
    assertThat(table().found()).isEqualTo(0);
  }

  @Test
  void aMutantThatSurvivesWhereTheListNamesNoneIsFound() throws IOException {
    write(
        "registry/target/pit-reports/mutations.xml",
        "<mutations>"
            + mutant(true, "Any", "any").repeat(97)
            + mutant(false, "Irqfd", "&lt;init&gt;")
            + mutant(false, "Irqfd$Waiter", "wake")
            + "</mutations>");
    assertThat(table().found()).isEqualTo(1);
    write("registry/src/test/pit/survivors.md", "| `kvm.Irqfd.constructor` | all |\n");
    assertThat(table().found()).isEqualTo(1);
    Files.delete(root.resolve("registry/src/test/pit/survivors.md"));
    assertThat(table().found()).isEqualTo(2);
  }

  @Test
  void aReportWithoutMutantsIsAFinding() throws IOException {
    mutants("registry", 0, 0);
    assertThat(table().found()).isEqualTo(1);
    assertThat(List.of(table().verdict())).isNotEmpty();
  }
}
