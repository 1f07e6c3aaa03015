package org.irqbypass.api;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.joining;

import com.google.common.collect.ImmutableList;
import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.spi.ToolProvider;
import java.util.stream.Stream;
import org.jspecify.annotations.NullMarked;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * Somebody else's program, {@code src/consumer/java}, compiled without a warning and run: as a
 * module that requires one module of this library, and on the class path. Beside the four rooms it
 * is given Guava, and nothing else when it runs: a module that is compiled needs also the
 * annotations and Dagger, which the library's modules require statically, and which Maven brings.
 */
class ConsumerTest {
  private static final Path SOURCES = Path.of("src", "consumer", "java");
  private static final String POSTED = "POSTED\n41\n";

  private static final String NEEDED_BY_GUAVA =
      "com.google.common.util.concurrent.internal.InternalFutureFailureAccess";

  /** Types of what is needed to compile a module, and not to run it. */
  private static final List<Class<?>> NAMED_IN_SIGNATURES =
      List.of(NullMarked.class, dagger.Module.class, jakarta.inject.Inject.class);

  @TempDir Path classes;

  @Test
  void aModuleCompilesAndRuns() throws Exception {
    compile(sources(), "-p", path(library(), NAMED_IN_SIGNATURES), "-cp", "");
    assertThat(run("-p", classes + File.pathSeparator + library(), "-m", module("Hypervisor")))
        .isEqualTo(POSTED);
  }

  @Test
  void aProgramOnTheClassPathCompilesAndRuns() throws Exception {
    compile(withoutModule(), "-cp", library());
    assertThat(run("-cp", classes + File.pathSeparator + library(), type("Hypervisor")))
        .isEqualTo(POSTED);
  }

  @Test
  void whatIsNotApiIsOutOfReachOfReflection() throws Exception {
    compile(sources(), "-p", path(library(), NAMED_IN_SIGNATURES), "-cp", "");
    Signatures api = Signatures.of(LibraryRooms.classFiles());
    List<String> command =
        new ArrayList<>(
            List.of("-p", classes + File.pathSeparator + library(), "-m", module("Intruder")));
    command.addAll(typeNames());
    String answers = run(command.toArray(String[]::new));
    assertThat(answers.lines().filter(line -> line.contains("opened=true")).toList()).isEmpty();
    assertThat(answers.lines().filter(line -> line.contains("refused=true")).count())
        .isGreaterThan((long) api.types().size() / 2);
  }

  @Test
  void theIntruderWouldGetThroughWhereModulesDoNotHold() throws Exception {
    compile(withoutModule(), "-cp", library());
    assertThat(
            run(
                "-cp",
                classes + File.pathSeparator + library(),
                type("Intruder"),
                "org.irqbypass.registry.BypassRegistry"))
        .isEqualTo("org.irqbypass.registry.BypassRegistry opened=true refused=false\n");
  }

  @Test
  void theProgramIsTheReadmesExample() throws IOException {
    String readme = Files.readString(Path.of("..", "..", "README.md"));
    String program =
        Files.readAllLines(SOURCES.resolve("org/example/hypervisor/Hypervisor.java")).stream()
            .dropWhile(line -> !line.contains("var work"))
            .takeWhile(line -> !line.contains("System.out"))
            .map(line -> line.replaceFirst("^    ", ""))
            .collect(joining("\n"));
    assertThat(program).contains("vm.irqfd(");
    assertThat(readme).contains(program);
  }

  private static List<String> typeNames() {
    return LibraryRooms.classFiles().keySet().stream()
        .filter(path -> !path.endsWith("-info.class") && !path.contains("_")) // Dagger's have one
        .map(path -> path.replace('/', '.').replaceFirst("\\.class$", ""))
        .toList();
  }

  /** The four rooms, and Guava with what it needs to run. */
  private static String library() throws ClassNotFoundException {
    return path(
        LibraryRooms.locations().stream().map(Path::toString).collect(joining(File.pathSeparator)),
        List.of(ImmutableList.class, Class.forName(NEEDED_BY_GUAVA)));
  }

  private static String path(String before, List<Class<?>> others) {
    return Stream.concat(
            Stream.of(before), others.stream().map(LibraryRooms::location).map(Path::toString))
        .collect(joining(File.pathSeparator));
  }

  private static String module(String main) {
    return "org.example.hypervisor/" + type(main);
  }

  private static String type(String name) {
    return "org.example.hypervisor." + name;
  }

  private static List<String> sources() throws IOException {
    try (Stream<Path> files = Files.walk(SOURCES)) {
      return files.map(Path::toString).filter(file -> file.endsWith(".java")).sorted().toList();
    }
  }

  private static List<String> withoutModule() throws IOException {
    return sources().stream().filter(file -> !file.endsWith("module-info.java")).toList();
  }

  private void compile(List<String> sources, String... options) {
    List<String> arguments = new ArrayList<>(List.of(options));
    arguments.addAll(List.of("-d", classes.toString(), "--release", "17", "-Xlint:all", "-Werror"));
    arguments.addAll(sources);
    StringWriter said = new StringWriter();
    int status =
        ToolProvider.findFirst("javac")
            .orElseThrow()
            .run(new PrintWriter(said), new PrintWriter(said), arguments.toArray(String[]::new));
    assertWithMessage(said.toString()).that(status).isEqualTo(0);
  }

  private static String run(String... arguments) throws Exception {
    List<String> command =
        new ArrayList<>(
            List.of(Path.of(System.getProperty("java.home"), "bin", "java").toString()));
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertWithMessage(said).that(process.waitFor()).isEqualTo(0);
    return said.replace("\r\n", "\n");
  }
}
