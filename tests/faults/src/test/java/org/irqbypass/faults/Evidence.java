package org.irqbypass.faults;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.SerializationFeature;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** What a test class has tried and found, for the table of the deep profile. */
final class Evidence {
  private final String name;
  private final List<Map<String, Object>> rows = new ArrayList<>();

  Evidence(String name) {
    this.name = name;
  }

  /** Whether the long form was asked for. */
  static boolean isDeep() {
    return Boolean.getBoolean("faults.deep");
  }

  /** Adds a row; its figures come from the run. */
  void add(String what, long tried, String unit, long found, String detail) {
    Map<String, Object> row = new LinkedHashMap<>();
    row.put("what", what);
    row.put("tried", tried);
    row.put("unit", unit);
    row.put("found", found);
    row.put("detail", detail);
    rows.add(row);
  }

  /** Writes the rows. */
  void write() throws IOException {
    Path directory = Path.of(System.getProperty("faults.evidence", "target/evidence"));
    Files.createDirectories(directory);
    new ObjectMapper()
        .enable(SerializationFeature.INDENT_OUTPUT)
        .writeValue(directory.resolve(name + ".json").toFile(), rows);
  }
}
