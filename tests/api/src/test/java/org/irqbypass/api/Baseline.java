package org.irqbypass.api;

import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;

/**
 * The signatures that are promised, as this tree keeps them: a jar for japicmp, and for people the
 * same as text, where a renewal shows as a difference.
 */
final class Baseline {
  private static final Path JAR = Path.of("baseline.jar.gz");
  private static final Path TEXT = Path.of("baseline.txt");

  private Baseline() {}

  /** The jar. */
  static byte[] jar() throws IOException {
    try (GZIPInputStream in = new GZIPInputStream(Files.newInputStream(JAR))) {
      return in.readAllBytes();
    }
  }

  /** The text. */
  static String text() throws IOException {
    return Files.readString(TEXT);
  }

  /** Makes these signatures the baseline. */
  static void renew(Signatures signatures) throws IOException {
    ByteArrayOutputStream compressed = new ByteArrayOutputStream();
    try (OutputStream out = new GZIPOutputStream(compressed)) {
      out.write(signatures.toJar());
    }
    Files.write(JAR, compressed.toByteArray());
    Files.writeString(TEXT, list(signatures));
  }

  /** The signatures as {@code javap} lists them. */
  static String list(Signatures signatures) throws IOException {
    Path jar = Files.createTempFile("signatures", ".jar");
    try {
      Files.write(jar, signatures.toJar());
      List<String> arguments = new ArrayList<>(List.of("-protected", "-cp", jar.toString()));
      arguments.addAll(signatures.types());
      StringWriter listing = new StringWriter();
      ToolProvider.findFirst("javap")
          .orElseThrow()
          .run(
              new PrintWriter(listing), new PrintWriter(listing), arguments.toArray(String[]::new));
      return listing.toString();
    } finally {
      Files.delete(jar);
    }
  }
}
