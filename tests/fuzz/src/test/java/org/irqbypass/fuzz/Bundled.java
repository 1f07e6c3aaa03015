package org.irqbypass.fuzz;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.base.Splitter;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.stream.Stream;
import java.util.zip.GZIPInputStream;
import java.util.zip.GZIPOutputStream;
import org.irqbypass.comparison.catalogue.Catalogue;

/** Seeds made of what the program brings: whole scenarios, and pieces of its recordings. */
final class Bundled {
  /** So many lines of a recording make a seed. */
  private static final int LINES = 12;

  private static final int PIECES = 6;

  private Bundled() {}

  static Stream<byte[]> scenarios() {
    return Catalogue.scenarios().stream().map(name -> read("scenarios/" + name + ".yaml"));
  }

  /** Pieces of each recording, plain, and the first of them gzipped. */
  static Stream<byte[]> recordings() {
    List<byte[]> seeds = new ArrayList<>();
    for (String name : Catalogue.recordings()) {
      List<String> lines =
          Splitter.on('\n').splitToList(unzipped(read("recordings/" + name + ".jsonl.gz")));
      for (int piece = 0; piece < PIECES; piece++) {
        int from = 1 + piece * (lines.size() / PIECES - 1);
        byte[] seed =
            (lines.get(0) + "\n" + String.join("\n", lines.subList(from, from + LINES)))
                .getBytes(UTF_8);
        seeds.add(seed);
        if (piece == 0) {
          seeds.add(zipped(seed));
        }
      }
    }
    return seeds.stream();
  }

  private static byte[] read(String file) {
    try (InputStream in =
        Objects.requireNonNull(
            Catalogue.class.getResourceAsStream("/org/irqbypass/comparison/" + file))) {
      return in.readAllBytes();
    } catch (IOException unreadable) {
      throw new UncheckedIOException(unreadable);
    }
  }

  private static String unzipped(byte[] bytes) {
    try (InputStream in = new GZIPInputStream(new ByteArrayInputStream(bytes))) {
      return new String(in.readAllBytes(), UTF_8);
    } catch (IOException damaged) {
      throw new UncheckedIOException(damaged);
    }
  }

  static byte[] zipped(byte[] bytes) {
    ByteArrayOutputStream zipped = new ByteArrayOutputStream();
    try (GZIPOutputStream out = new GZIPOutputStream(zipped)) {
      out.write(bytes);
    } catch (IOException impossible) {
      throw new UncheckedIOException(impossible);
    }
    return zipped.toByteArray();
  }
}
