package org.irqbypass.concurrency;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/**
 * What was tried, how often, and what was found.
 *
 * @param what was examined
 * @param tried how many
 * @param unit of what
 * @param found how many defects
 * @param detail one short sentence
 */
public record Evidence(String what, long tried, String unit, long found, String detail) {
  /**
   * Keeps this for who sums up.
   *
   * @param file a JSON file; its directory is made
   */
  public void write(Path file) {
    try {
      Files.createDirectories(file.toAbsolutePath().getParent());
      new ObjectMapper().writerWithDefaultPrettyPrinter().writeValue(file.toFile(), List.of(this));
    } catch (IOException failed) {
      throw new UncheckedIOException(failed);
    }
  }
}
