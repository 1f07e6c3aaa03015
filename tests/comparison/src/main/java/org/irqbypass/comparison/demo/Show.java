package org.irqbypass.comparison.demo;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.scenario.Scenario;
import org.jspecify.annotations.Nullable;

/**
 * Two contenders' runs of one scenario, side by side: the scenario's own steps stand beside each
 * other, and what a contender adds stands alone. Immutable.
 */
public final class Show {
  private final String name;
  private final String title;
  private final String platform;
  private final Contender left;
  private final Contender right;
  private final ImmutableList<Scene> scenes;

  /**
   * What is seen at once.
   *
   * @param phase the scenario's mark before it
   * @param left the left contender
   * @param right the right one
   */
  record Scene(String phase, Side left, Side right) {}

  /**
   * One contender in a scene.
   *
   * @param frame its last step up to here; null before its first
   * @param acts whether it is taken in this scene; otherwise it waits for the other
   */
  record Side(@Nullable Frame frame, boolean acts) {}

  private Show(Scenario scenario, Reel left, Reel right) {
    this.name = scenario.name();
    this.title = scenario.title();
    this.platform = scenario.platform();
    this.left = left.contender();
    this.right = right.contender();
    this.scenes = scenes(left.frames(), right.frames());
  }

  /**
   * Runs a scenario twice.
   *
   * @param scenario what to run
   * @param left who is shown on the left
   * @param right who is shown on the right
   * @return what there is to see
   * @throws org.irqbypass.scenario.InputException if a step makes no sense on the scenario's host
   */
  public static Show of(Scenario scenario, Contender left, Contender right) {
    return new Show(scenario, Reel.of(scenario, left), Reel.of(scenario, right));
  }

  private static ImmutableList<Scene> scenes(List<Frame> left, List<Frame> right) {
    List<Scene> scenes = new ArrayList<>();
    Cue one = new Cue(left);
    Cue other = new Cue(right);
    String phase = "";
    while (!one.isAtEnd() || !other.isAtEnd()) {
      boolean oneAdds = one.isAtAdded();
      boolean otherAdds = other.isAtAdded();
      boolean together = oneAdds == otherAdds;
      Side first = together || oneAdds ? one.act() : one.await();
      Side second = together || otherAdds ? other.act() : other.await();
      Frame acting = first.acts() ? first.frame() : second.frame();
      if (acting != null && acting.step().operation().name().equals("mark")) {
        phase = acting.step().phase();
      } else {
        scenes.add(new Scene(phase, first, second));
      }
    }
    return ImmutableList.copyOf(scenes);
  }

  /** Where one reel is. */
  private static final class Cue {
    private final List<Frame> frames;
    private int next;
    private @Nullable Frame last;

    Cue(List<Frame> frames) {
      this.frames = frames;
    }

    boolean isAtEnd() {
      return next == frames.size();
    }

    boolean isAtAdded() {
      return !isAtEnd() && frames.get(next).added();
    }

    Side act() {
      if (isAtEnd()) {
        return await();
      }
      last = frames.get(next++);
      return new Side(last, true);
    }

    Side await() {
      return new Side(last, false);
    }
  }

  /** What the scenario is called. */
  String name() {
    return name;
  }

  /** What the scenario is about, in a line. */
  String title() {
    return title;
  }

  /** On which host it runs. */
  String platform() {
    return platform;
  }

  /** Who is on the left. */
  Contender left() {
    return left;
  }

  /** Who is on the right. */
  Contender right() {
    return right;
  }

  /** What there is to see, in order. */
  ImmutableList<Scene> scenes() {
    return scenes;
  }

  /** Where the phase after a scene begins; the last scene, if there is none. */
  int nextPhase(int at) {
    int next = at;
    while (next < scenes.size() - 1 && scenes.get(next).phase().equals(scenes.get(at).phase())) {
      next++;
    }
    return next;
  }
}
