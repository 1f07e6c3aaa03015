package org.irqbypass.comparison.demo;

import java.time.Duration;
import java.util.List;
import org.jline.utils.AttributedString;
import org.jspecify.annotations.Nullable;

/** Shows scenes on a screen, as keys ask for them. */
final class Player {
  /** Where scenes are shown. */
  interface Screen {
    /** In columns. */
    int width();

    /** In lines. */
    int height();

    /** Shows lines, and nothing else. */
    void show(List<AttributedString> lines);
  }

  /** Where wishes come from. */
  @FunctionalInterface
  interface Keys {
    /**
     * Waits for a key.
     *
     * @param longest how long; null: until there is one
     * @return null if there was none
     */
    @Nullable Key next(@Nullable Duration longest);
  }

  private final Show show;
  private final Stage stage;
  private final Screen screen;
  private final Keys keys;

  Player(Show show, Palette palette, Screen screen, Keys keys) {
    this.show = show;
    this.stage = new Stage(show, palette);
    this.screen = screen;
    this.keys = keys;
  }

  /**
   * Plays until there is no more to see, or nobody wants to see it.
   *
   * @param each how long a scene stays before the next comes by itself; null: for ever
   */
  void play(@Nullable Duration each) {
    int at = 0;
    while (true) {
      screen.show(stage.draw(at, screen.width(), screen.height()));
      Key key = keys.next(each);
      if (key == Key.QUIT || (key == null && at == show.scenes().size() - 1)) {
        return;
      }
      at = (key == null ? Key.FORWARD : key).from(at, show);
    }
  }
}
