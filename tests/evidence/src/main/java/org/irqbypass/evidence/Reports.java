package org.irqbypass.evidence;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableList;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;

/** What the rooms left behind: their own evidence, and PIT's reports. */
final class Reports {
  /** The rooms whose tests write evidence. A room that left none is found out. */
  static final ImmutableList<String> TESTED =
      ImmutableList.of(
          "tests/api", "tests/concurrency", "tests/faults", "tests/fuzz", "tests/soak");

  /** The rooms that are mutated. */
  static final ImmutableList<String> MUTATED =
      ImmutableList.of("registry", "vfio-producer", "kvm-consumer", "legacy-api");

  private final Path root;

  Reports(Path root) {
    this.root = root;
  }

  /** All there is, by room. */
  ImmutableList<Evidence> read() throws IOException {
    ImmutableList.Builder<Evidence> rows = ImmutableList.builder();
    for (String room : TESTED) {
      List<Path> files = evidenceOf(room);
      for (Path file : files) {
        for (JsonNode row : JsonMapper.builder().build().readTree(file.toFile())) {
          rows.add(row(room, row));
        }
      }
      if (files.isEmpty()) {
        rows.add(missing(room));
      }
    }
    for (String room : MUTATED) {
      Path report = root.resolve(room).resolve("target/pit-reports/mutations.xml");
      Path survivors = root.resolve(room).resolve("src/test/pit/survivors.md");
      rows.add(
          Files.exists(report)
              ? new Mutations(room, report, survivors).row(threshold(room))
              : missing(room + ", mutated"));
    }
    return rows.build();
  }

  private List<Path> evidenceOf(String room) throws IOException {
    Path directory = root.resolve(room).resolve("target/evidence");
    if (!Files.isDirectory(directory)) {
      return List.of();
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(".json")).sorted().toList();
    }
  }

  private static Evidence row(String room, JsonNode row) {
    return new Evidence(
        room,
        row.required("what").asText(),
        row.required("tried").asLong(),
        row.required("unit").asText(),
        row.required("found").asLong(),
        row.path("detail").asText());
  }

  private static Evidence missing(String room) {
    return new Evidence(
        room, "nothing: no evidence was left", 0, "", 1, "was it built, and tested?");
  }

  /** How many percent of the room's mutants have to be killed: as its pom says, or the root's. */
  private int threshold(String room) throws IOException {
    for (Path pom : List.of(root.resolve(room).resolve("pom.xml"), root.resolve("pom.xml"))) {
      String said = Xml.read(pom).elements("mutation.threshold").findFirst().orElse("");
      if (!said.isEmpty()) {
        return Integer.parseInt(said.strip());
      }
    }
    throw new IOException("no pom says which percentage of mutants is to be killed in " + room);
  }
}
