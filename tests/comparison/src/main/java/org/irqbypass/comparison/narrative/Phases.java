package org.irqbypass.comparison.narrative;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Cuts a run at its marks and leaves out what a person would skip: calls that do not matter are
 * counted, eventfds come and go unmentioned, and in a long stretch of interrupts each kind is shown
 * once, with how often it came.
 */
public final class Phases {
  /** A stretch of interrupts of up to this many steps is shown as it was. */
  private static final int SHOWN_IN_FULL = 9;

  private final List<Phase> phases = new ArrayList<>();
  private final List<Message> messages = new ArrayList<>();
  private final Map<String, Integer> quiet = new LinkedHashMap<>();
  private final List<Story> traffic = new ArrayList<>();
  private String name = "start";
  private Tally tally = Tally.NONE;

  private Phases() {}

  /**
   * Tells a run.
   *
   * @param stories one for each step
   * @return its phases; those in which nothing is to be seen are left out
   */
  public static ImmutableList<Phase> of(List<Story> stories) {
    Phases telling = new Phases();
    stories.forEach(telling::take);
    telling.endPhase();
    return ImmutableList.copyOf(telling.phases);
  }

  private void take(Story story) {
    if (story.sort() != Story.Sort.MARK) {
      tally = tally.plus(story.tally());
    }
    switch (story.sort()) {
      case MARK -> {
        endPhase();
        name = story.label();
      }
      case CALL -> {
        endTraffic();
        endQuiet();
        messages.addAll(story.messages());
      }
      case QUIET -> {
        if (!story.label().startsWith("ef.")) {
          quiet.merge(story.label(), 1, Integer::sum);
        }
      }
      case TRAFFIC -> {
        if (!story.messages().isEmpty()) {
          endQuiet();
          traffic.add(story);
        }
      }
    }
  }

  private void endPhase() {
    endTraffic();
    endQuiet();
    if (!messages.isEmpty()) {
      phases.add(new Phase(name, ImmutableList.copyOf(messages), tally));
      messages.clear();
    }
    tally = Tally.NONE;
  }

  private void endQuiet() {
    if (quiet.isEmpty()) {
      return;
    }
    endTraffic();
    List<String> parts = new ArrayList<>();
    quiet.forEach((call, times) -> parts.add(times == 1 ? call : call + " x" + times));
    messages.add(new Message(Lane.VMM, Lane.VMM, shortened(parts), Message.Kind.ASIDE));
    quiet.clear();
  }

  private void endTraffic() {
    if (traffic.size() <= SHOWN_IN_FULL) {
      traffic.forEach(story -> messages.addAll(story.messages()));
    } else {
      Map<ImmutableList<Message>, Integer> kinds = new LinkedHashMap<>();
      traffic.forEach(story -> kinds.merge(story.messages(), 1, Integer::sum));
      kinds.forEach(
          (arrows, times) -> {
            for (Message arrow : arrows) {
              messages.add(times == 1 ? arrow : arrow.times(times));
            }
          });
    }
    traffic.clear();
  }

  /** The first few of a list, and how many more there are. */
  static String shortened(List<String> parts) {
    int shown = Math.min(parts.size(), 4);
    String text = String.join(", ", parts.subList(0, shown));
    return shown == parts.size() ? text : text + " and " + (parts.size() - shown) + " more";
  }
}
