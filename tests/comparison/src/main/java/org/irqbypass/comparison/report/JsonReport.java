package org.irqbypass.comparison.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.util.DefaultIndenter;
import com.fasterxml.jackson.core.util.DefaultPrettyPrinter;
import com.fasterxml.jackson.databind.ObjectWriter;
import com.fasterxml.jackson.databind.SerializationFeature;
import com.fasterxml.jackson.databind.json.JsonMapper;

/** The report for programs. The same comparison gives the same bytes. */
public final class JsonReport {
  private static final ObjectWriter WRITER = writer();

  private JsonReport() {}

  private static ObjectWriter writer() {
    DefaultIndenter lines = new DefaultIndenter("  ", "\n");
    return JsonMapper.builder()
        .disable(SerializationFeature.FAIL_ON_EMPTY_BEANS)
        .build()
        .writer(new DefaultPrettyPrinter().withObjectIndenter(lines).withArrayIndenter(lines));
  }

  /**
   * The comparison.
   *
   * @param comparison what to write
   * @return JSON
   */
  public static String of(Comparison comparison) {
    try {
      return WRITER.writeValueAsString(comparison) + "\n";
    } catch (JsonProcessingException impossible) {
      throw new IllegalStateException("a comparison can always be written", impossible);
    }
  }
}
