package org.irqbypass.api;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.common.hash.Hashing;
import com.google.common.io.MoreFiles;
import java.io.File;
import java.io.IOException;
import java.nio.file.FileVisitResult;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.SimpleFileVisitor;
import java.nio.file.attribute.BasicFileAttributes;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledIfSystemProperty;
import org.junit.jupiter.api.io.TempDir;

/** Two clean builds, in two places, give the same bytes: every jar, every bill of materials. */
@EnabledIfSystemProperty(named = "api.deep", matches = "true", disabledReason = "takes minutes")
class ReproducibleBuildTest {
  private static final Path ROOT = Path.of("..", "..").toAbsolutePath().normalize();
  private static final Set<String> NOT_SOURCES = Set.of("target", ".git", ".jqwik-database");

  private static final Pattern PRODUCT =
      Pattern.compile(".*/target/[^/]*(\\.jar|-cyclonedx\\.json)");

  @TempDir Path scratch;

  @Test
  void twoCleanBuildsGiveTheSameBytes() throws Exception {
    Map<String, String> first = build(scratch.resolve("here"));
    Map<String, String> second = build(scratch.resolve("some").resolve("where else"));
    Set<String> differing = new TreeSet<>();
    first.forEach(
        (name, hash) -> {
          if (!hash.equals(second.get(name))) {
            differing.add(name);
          }
        });
    Evidence.write(
        "reproducible",
        "two clean builds compared",
        first.size(),
        "files",
        differing.size(),
        "jars, runnable jars, bills of materials; found are those that differ");
    assertThat(second.keySet()).isEqualTo(first.keySet());
    assertThat(first.keySet())
        .containsAtLeast(
            "registry/target/irqbypass-registry.jar", "tests/comparison/target/irqbypass.jar");
    assertThat(differing).isEmpty();
  }

  /** Builds a copy of the sources there; what came out, by name, with its hash. */
  private static Map<String, String> build(Path directory) throws Exception {
    copySources(directory);
    List<String> command = new ArrayList<>();
    boolean isWindows = File.separatorChar == '\\';
    command.add(
        Path.of(System.getProperty("api.maven"), "bin", isWindows ? "mvn.cmd" : "mvn").toString());
    command.addAll(List.of("--batch-mode", "--quiet", "package", "-DskipTests"));
    command.add("-Dmaven.repo.local=" + System.getProperty("api.repository"));
    if (System.getProperty("api.offline", "").endsWith("true")) {
      command.add("--offline");
    }
    Path log = directory.resolve("build.log");
    Process process =
        new ProcessBuilder(command)
            .directory(directory.toFile())
            .redirectErrorStream(true)
            .redirectOutput(log.toFile())
            .start();
    int status = process.waitFor();
    assertWithMessage(Files.readString(log, UTF_8)).that(status).isEqualTo(0);
    return hashes(directory);
  }

  private static void copySources(Path directory) throws IOException {
    Files.walkFileTree(
        ROOT,
        new SimpleFileVisitor<>() {
          @Override
          public FileVisitResult preVisitDirectory(Path from, BasicFileAttributes attributes)
              throws IOException {
            if (isLeftOut(from)) {
              return FileVisitResult.SKIP_SUBTREE;
            }
            Files.createDirectories(directory.resolve(ROOT.relativize(from)));
            return FileVisitResult.CONTINUE;
          }

          @Override
          public FileVisitResult visitFile(Path from, BasicFileAttributes attributes)
              throws IOException {
            if (!isLeftOut(from)) {
              Files.copy(from, directory.resolve(ROOT.relativize(from)));
            }
            return FileVisitResult.CONTINUE;
          }
        });
  }

  private static boolean isLeftOut(Path path) {
    return !path.equals(ROOT) && NOT_SOURCES.contains(path.getFileName().toString());
  }

  private static Map<String, String> hashes(Path directory) throws IOException {
    Map<String, String> hashes = new TreeMap<>();
    List<Path> files;
    try (Stream<Path> walk = Files.walk(directory)) {
      files = walk.toList();
    }
    for (Path file : files) {
      String name = directory.relativize(file).toString().replace('\\', '/');
      if (PRODUCT.matcher(name).matches()) {
        hashes.put(
            name.replaceFirst("-\\d[^-]*(-SNAPSHOT)?", ""),
            MoreFiles.asByteSource(file).hash(Hashing.sha256()).toString());
      }
    }
    return hashes;
  }
}
