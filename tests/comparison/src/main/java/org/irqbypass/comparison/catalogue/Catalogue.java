package org.irqbypass.comparison.catalogue;

import com.google.common.base.Preconditions;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import org.irqbypass.scenario.DeviceDescription;
import org.irqbypass.scenario.InputException;
import org.irqbypass.scenario.KernelProfile;
import org.irqbypass.scenario.Position;
import org.irqbypass.scenario.Recording;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.scenario.Suggestion;

/** The bundled scenarios and recordings, and the way to those in files. */
public final class Catalogue {
  /** What is bundled, in the order of a report. */
  private static final ImmutableList<String> SCENARIOS =
      ImmutableList.of(
          "nic-msix-boot",
          "platform-level-irq",
          "guest-moves-vectors",
          "blocked-vcpu-wakeup",
          "unpostable-route",
          "two-vms-one-eventfd",
          "intx-resample",
          "unforward-in-flight",
          "gicv4-discard",
          "moved-vlpi",
          "stale-vlpi",
          "storm",
          "irqfd-storm",
          "hot-unplug");

  /** Recorded sessions: what happens in them, in the words of those who recorded them. */
  private static final ImmutableMap<String, String> SESSIONS =
      ImmutableMap.of(
          "qemu-e1000e-boot",
          "QEMU boots a guest with a network card: probe, ping, affinity moved five times, link"
              + " bounced three times, driver removed",
          "qemu-nvme-boot",
          "QEMU boots a guest with a disk: probe, reads, affinity moved, driver removed and loaded"
              + " again",
          "qemu-e1000e-unplug",
          "QEMU unplugs a network card under traffic and plugs it in again");

  /** On which host sessions are compared: the machine they were recorded on could not bypass. */
  private static final String SESSION_PLATFORM = "x86-posted";

  /** The kernel that the contenders compare, whatever a session was recorded on. */
  private static final KernelProfile PROFILE = KernelProfile.LINUX_6_17;

  private Catalogue() {}

  /** The names of the bundled scenarios. */
  public static ImmutableList<String> scenarios() {
    return SCENARIOS;
  }

  /** The names of the bundled recordings. */
  public static ImmutableList<String> recordings() {
    return SESSIONS.keySet().asList();
  }

  /** Everything bundled, in the order of a report. */
  public static ImmutableList<String> all() {
    return ImmutableList.<String>builder().addAll(SCENARIOS).addAll(SESSIONS.keySet()).build();
  }

  /** What happens in a bundled one, in one line. */
  public static String summary(String name) {
    String session = SESSIONS.get(name);
    return session == null ? load(name).scenario().title() : session;
  }

  /**
   * Something to run.
   *
   * @param name of a bundled one, or the path of a scenario or a recording
   * @return it, on the host it is meant for
   * @throws org.irqbypass.scenario.InputException if it cannot be read or is none
   */
  public static Subject load(String name) {
    return load(name, ImmutableMap.of());
  }

  /**
   * Something to run.
   *
   * @param name of a bundled one, or the path of a scenario or a recording
   * @param devices that it does not describe, or not so: these take precedence
   * @return it, on the host it is meant for
   * @throws org.irqbypass.scenario.InputException if it cannot be read or is none
   */
  public static Subject load(String name, Map<String, DeviceDescription> devices) {
    if (SCENARIOS.contains(name)) {
      String file = name + ".yaml";
      return new Subject(
          Scenario.read(file, resource("scenarios/" + file), devices), "bundled scenario", false);
    }
    if (SESSIONS.containsKey(name)) {
      return session(name, openRecording(name, devices), "bundled recording of ");
    }
    Path path = path(name);
    if (!Files.exists(path)) {
      throw new InputException(
          new Position(name, 0, 0),
          "there is neither such a file nor a bundled scenario of that name; bundled are "
              + String.join(", ", all())
              + Suggestion.of(name, all()));
    }
    if (isRecording(path)) {
      String file = path.getFileName().toString();
      return session(
          file.substring(0, file.indexOf(".jsonl")),
          Recording.open(path, devices),
          "recording of ");
    }
    return new Subject(Scenario.read(path, devices), "scenario in a file", false);
  }

  private static Subject session(String name, Recording opened, String origin) {
    try (Recording recording = opened) {
      if (recording.meta().vmm() == null) {
        throw new InputException(
            new Position(recording.source(), 1, 1),
            "this is no session of a virtual machine monitor that contenders could run; replay runs"
                + " it as it was recorded");
      }
      Scenario scenario = Session.read(name, recording);
      String title = Optional.ofNullable(SESSIONS.get(name)).orElse(scenario.title());
      return new Subject(
          new Scenario(
              name,
              title,
              scenario.about(),
              SESSION_PLATFORM,
              PROFILE,
              scenario.devices(),
              scenario.steps()),
          origin
              + Optional.ofNullable(recording.meta().vmm()).orElse("a session")
              + " on Linux "
              + recording.meta().kernel(),
          true);
    }
  }

  /** Whether a path is that of a recording, by its name. */
  public static boolean isRecording(Path path) {
    Path file = path.getFileName();
    String name = file == null ? "" : file.toString();
    return name.endsWith(".jsonl") || name.endsWith(".jsonl.gz");
  }

  /**
   * A recording, as it was recorded.
   *
   * @param name of a bundled one, or a path
   * @return to be closed
   * @throws org.irqbypass.scenario.InputException if it cannot be read or is none
   */
  public static Recording openRecording(String name) {
    return openRecording(name, ImmutableMap.of());
  }

  /**
   * A recording, as it was recorded.
   *
   * @param name of a bundled one, or a path
   * @param devices that it does not describe, or not so: these take precedence
   * @return to be closed
   * @throws org.irqbypass.scenario.InputException if it cannot be read or is none
   */
  public static Recording openRecording(String name, Map<String, DeviceDescription> devices) {
    if (SESSIONS.containsKey(name)) {
      String file = name + ".jsonl.gz";
      return Recording.open(file, resource("recordings/" + file), devices);
    }
    return Recording.open(path(name), devices);
  }

  private static Path path(String name) {
    if (name.isEmpty()) {
      throw new InputException(new Position("the name", 0, 0), "it is empty, expected a file's");
    }
    try {
      return Path.of(name);
    } catch (InvalidPathException unusable) {
      throw new InputException(new Position("the name", 0, 0), "no file can be called so");
    }
  }

  private static InputStream resource(String path) {
    InputStream stream = Catalogue.class.getResourceAsStream("/org/irqbypass/comparison/" + path);
    return Preconditions.checkNotNull(stream, "%s is not in the jar", path);
  }

  /** What each bundled one is called and shows. */
  public static Map<String, String> summaries(ImmutableList<String> names) {
    ImmutableMap.Builder<String, String> summaries = ImmutableMap.builder();
    names.forEach(name -> summaries.put(name, summary(name)));
    return summaries.buildOrThrow();
  }
}
