package org.irqbypass.faults;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** Gathers what failing fault points came to. */
final class Findings {
  private static final int FRAMES = 12;

  private final Map<String, Integer> kinds = new TreeMap<>();
  private final Map<String, Integer> endings = new TreeMap<>();
  private final Map<String, List<String>> found = new LinkedHashMap<>();
  private int tried;

  /** A point was failed. */
  void tried(FaultPoint point) {
    tried++;
    kinds.merge(point.kind().toString(), 1, Integer::sum);
  }

  /** How the call that it was failed in ended. */
  void ended(boolean refused, boolean threw, boolean before, boolean after) {
    endings.merge(
        (refused ? "refused" : threw ? "thrown on" : "survived")
            + (before ? " and nothing changed" : after ? " and done" : " and done in part"),
        1,
        Integer::sum);
  }

  /** Something is not as it has to be. */
  void found(FaultTrial.Finding finding, String what, @Nullable Throwable thrown) {
    StringBuilder text = new StringBuilder().append(finding).append(": ").append(what);
    if (thrown != null) {
      text.append(": ").append(thrown);
      StackTraceElement[] frames = thrown.getStackTrace();
      for (int i = 0; i < Math.min(FRAMES, frames.length); i++) {
        text.append("\n      at ").append(frames[i]);
      }
    }
    found
        .computeIfAbsent(
            finding.point() + finding.operation().name() + what.replaceAll("[0-9]+", "N"),
            like -> new ArrayList<>())
        .add(text.toString());
  }

  /** Takes over what others came to. */
  void add(Findings others) {
    tried += others.tried;
    others.kinds.forEach((kind, times) -> kinds.merge(kind, times, Integer::sum));
    others.endings.forEach((ending, times) -> endings.merge(ending, times, Integer::sum));
    others.found.forEach(
        (like, all) -> found.computeIfAbsent(like, any -> new ArrayList<>()).addAll(all));
  }

  int tried() {
    return tried;
  }

  Map<String, Integer> endings() {
    return endings;
  }

  Map<String, Integer> byKind() {
    return kinds;
  }

  /** One of each kind of finding, and how many there are. */
  ImmutableList<String> summary() {
    return found.values().stream()
        .map(all -> all.size() + " times such as " + all.get(0))
        .collect(ImmutableList.toImmutableList());
  }
}
