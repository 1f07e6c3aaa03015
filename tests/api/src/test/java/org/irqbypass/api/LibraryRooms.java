package org.irqbypass.api;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.BiConsumer;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipInputStream;

/** The four library rooms as this test's class path has them: jars, or directories before those. */
final class LibraryRooms {
  private static final List<Class<?>> ONE_OF_EACH =
      List.of(
          org.irqbypass.registry.BypassRegistry.class,
          org.irqbypass.vfio.Vfio.class,
          org.irqbypass.kvm.Kvm.class,
          org.irqbypass.legacy.KvmVfioDevice.class);

  private LibraryRooms() {}

  /** Where the rooms' classes are. */
  static List<Path> locations() {
    return ONE_OF_EACH.stream().map(LibraryRooms::location).toList();
  }

  /** Where the class was loaded from. */
  static Path location(Class<?> type) {
    return Path.of(URI.create(type.getProtectionDomain().getCodeSource().getLocation().toString()));
  }

  /** The rooms' class files by path. */
  static Map<String, byte[]> classFiles() {
    Map<String, byte[]> files = new TreeMap<>();
    for (Path location : locations()) {
      try {
        if (Files.isDirectory(location)) {
          readDirectory(location, files::put);
        } else {
          readJar(Files.readAllBytes(location), files::put);
        }
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
    files.keySet().removeIf(path -> !path.endsWith(".class"));
    return files;
  }

  private static void readDirectory(Path directory, BiConsumer<String, byte[]> files)
      throws IOException {
    List<Path> found = new ArrayList<>();
    try (Stream<Path> walk = Files.walk(directory)) {
      walk.filter(Files::isRegularFile).forEach(found::add);
    }
    for (Path file : found) {
      files.accept(
          directory.relativize(file).toString().replace('\\', '/'), Files.readAllBytes(file));
    }
  }

  /** Gives each file of the jar. */
  static void readJar(byte[] jar, BiConsumer<String, byte[]> files) throws IOException {
    try (ZipInputStream in = new ZipInputStream(new ByteArrayInputStream(jar))) {
      for (ZipEntry entry = in.getNextEntry(); entry != null; entry = in.getNextEntry()) {
        if (!entry.isDirectory()) {
          files.accept(entry.getName(), in.readAllBytes());
        }
      }
    }
  }
}
