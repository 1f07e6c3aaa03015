package org.irqbypass.benchmarks.table;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * On what was measured.
 *
 * @param processors how many there are
 * @param model the processor's name; empty where the system does not say
 * @param system the operating system and its version
 * @param java the virtual machine and its version
 */
public record Machine(int processors, String model, String system, String java) {
  private static final Path CPUINFO = Path.of("/proc/cpuinfo");

  /**
   * The machine that this runs on.
   *
   * @return what it says of itself
   */
  public static Machine here() {
    return new Machine(
        Runtime.getRuntime().availableProcessors(),
        processor(),
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"));
  }

  private static String processor() {
    try (Stream<String> lines = Files.lines(CPUINFO)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse("");
    } catch (IOException | UncheckedIOException notLinux) {
      return "";
    }
  }

  @Override
  public String toString() {
    return processors
        + " x "
        + (model.isEmpty() ? "processor" : model)
        + ", "
        + system
        + ", "
        + java;
  }
}
