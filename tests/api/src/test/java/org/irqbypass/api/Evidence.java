package org.irqbypass.api;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** What was tried and what was found, for the table of the deep profile. */
final class Evidence {
  /** Where it is written. */
  static final Path DIRECTORY = Path.of(System.getProperty("api.evidence", "target/evidence"));

  private Evidence() {}

  /** Writes one row. */
  static void write(String name, String what, int tried, String unit, int found, String detail)
      throws IOException {
    Files.createDirectories(DIRECTORY);
    JsonMapper.builder()
        .build()
        .writerWithDefaultPrettyPrinter()
        .writeValue(
            DIRECTORY.resolve(name + ".json").toFile(),
            List.of(
                ImmutableMap.of(
                    "what", what, "tried", tried, "unit", unit, "found", found, "detail", detail)));
  }
}
