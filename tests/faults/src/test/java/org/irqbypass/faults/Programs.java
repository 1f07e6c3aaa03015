package org.irqbypass.faults;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableListMultimap;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import org.irqbypass.comparison.catalogue.Catalogue;
import org.irqbypass.scenario.Platforms;
import org.irqbypass.scenario.Scenario;

/** What the tests here run: scenarios that make every call, and the bundled ones. */
final class Programs {
  private static final ImmutableListMultimap<String, String> EVERY_CALL =
      ImmutableListMultimap.<String, String>builder()
          .putAll("x86-messages", "x86-posted", "x86-avic", "x86-remapped")
          .putAll("x86-lines", "x86-posted", "x86-remapped")
          .putAll("x86-explicit", "x86-posted", "x86-avic")
          .putAll("arm64-messages", "arm64-gicv4", "arm64-gicv3")
          .putAll("arm64-lines", "arm64-gicv3", "arm64-gicv2")
          .build();

  /** Shows a bug of Linux 6.1 that leaves hardware behind without anything having failed. */
  private static final String LEAVES_A_MAPPING = "stale-vlpi";

  private Programs() {}

  /** A scenario on a platform. */
  record Program(String name, String platform) {
    Scenario scenario() {
      if (!EVERY_CALL.containsKey(name)) {
        return Catalogue.load(name).on(platform).scenario();
      }
      try (InputStream file = Programs.class.getResourceAsStream(name + ".yaml")) {
        return Scenario.read(name, Objects.requireNonNull(file, name)).on(platform);
      } catch (IOException unreadable) {
        throw new UncheckedIOException(unreadable);
      }
    }
  }

  /** The scenarios here, which make every call, each on the platforms it is for. */
  static ImmutableList<Program> everyCall() {
    return EVERY_CALL.entries().stream()
        .map(entry -> new Program(entry.getKey(), entry.getValue()))
        .collect(ImmutableList.toImmutableList());
  }

  /** Every bundled scenario that gives everything back, on every platform of its kind. */
  static ImmutableList<Program> bundled() {
    ImmutableList.Builder<Program> all = ImmutableList.builder();
    for (String name : Catalogue.scenarios()) {
      String home = Catalogue.load(name).scenario().platform();
      for (String platform : Platforms.existing()) {
        boolean sameKind = platform.startsWith("x86") == home.startsWith("x86");
        boolean withoutIts = platform.equals("arm64-gicv2") && home.equals("arm64-gicv4");
        if (sameKind && !withoutIts && !name.equals(LEAVES_A_MAPPING)) {
          all.add(new Program(name, platform));
        }
      }
    }
    return all.build();
  }
}
