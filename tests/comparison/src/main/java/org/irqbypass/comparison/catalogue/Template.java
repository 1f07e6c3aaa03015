package org.irqbypass.comparison.catalogue;

import com.google.common.base.Preconditions;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * A scenario to begin with, with comments: one device and one guest of a platform, and the moment
 * in which VFIO's and KVM's end of an interrupt meet.
 */
public final class Template {
  /** What stands in a scenario as it is: a file's name, and the scenario's own. */
  private static final Pattern PLAIN = Pattern.compile("[A-Za-z][A-Za-z0-9_.-]{0,63}");

  private Template() {}

  /**
   * A scenario of a platform.
   *
   * @param platform that exists, such as {@code x86-posted}
   * @param file where it will be, after which it is called; null: somewhere
   * @return YAML
   */
  public static String of(String platform, @Nullable Path file) {
    boolean wired = platform.equals("arm64-gicv2") || platform.equals("arm64-gicv3");
    String machine = platform.startsWith("arm64-") ? platform.substring("arm64-".length()) : "x86";
    String fileName = plain(file == null ? null : file.getFileName(), "FILE");
    return (part("head") + part(wired ? "wired" : "messages"))
        .replace("{MACHINE}\n", part("machine-" + machine))
        .replace("{PLATFORM}", platform)
        .replace("{NAME}", fileName.equals("FILE") ? "scenario" : stem(fileName))
        .replace("{FILE}", fileName);
  }

  private static String plain(@Nullable Path name, String otherwise) {
    return name != null && PLAIN.matcher(name.toString()).matches() ? name.toString() : otherwise;
  }

  private static String stem(String fileName) {
    int dot = fileName.lastIndexOf('.');
    return dot < 0 ? fileName : fileName.substring(0, dot);
  }

  private static String part(String name) {
    String path = "/org/irqbypass/comparison/templates/" + name + ".yaml";
    try (InputStream stream =
        Preconditions.checkNotNull(
            Template.class.getResourceAsStream(path), "%s is not in the jar", path)) {
      return new String(stream.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }
}
