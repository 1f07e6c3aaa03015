package org.irqbypass.comparison.demo;

import java.io.PrintWriter;
import java.time.Duration;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.snapshot.InterruptRow;
import org.jspecify.annotations.Nullable;

/** Shows scenes one after another where there is no terminal. */
public final class PlainText {
  private final Show show;
  private final PrintWriter out;

  /** Lets time pass. */
  @FunctionalInterface
  public interface Pause {
    /**
     * Lets time pass.
     *
     * @param time how much
     * @throws InterruptedException if somebody does not want to wait
     */
    void pause(Duration time) throws InterruptedException;
  }

  /**
   * Makes a narrator of a show.
   *
   * @param show what to tell
   * @param out where
   */
  public PlainText(Show show, PrintWriter out) {
    this.show = show;
    this.out = out;
  }

  /**
   * Tells it all.
   *
   * @param between how long a scene stays before the next; null: not at all
   * @param pause lets that time pass
   * @throws InterruptedException if the pause was
   */
  public void tell(@Nullable Duration between, Pause pause) throws InterruptedException {
    out.println(show.name() + ": " + show.title());
    out.println("on " + show.platform() + ", " + show.left() + " and " + show.right());
    String phase = "";
    for (int i = 0; i < show.scenes().size(); i++) {
      Show.Scene scene = show.scenes().get(i);
      if (!scene.phase().equals(phase)) {
        phase = scene.phase();
        out.println();
        out.println("== " + Columns.clean(phase));
      }
      out.println();
      out.println("step " + (i + 1) + " of " + show.scenes().size());
      tell(show.left(), scene.left());
      tell(show.right(), scene.right());
      out.flush();
      if (between != null) {
        pause.pause(between);
      }
    }
    out.println();
    Show.Scene last = show.scenes().get(show.scenes().size() - 1);
    sum(show.left(), last.left());
    sum(show.right(), last.right());
  }

  private void tell(Contender contender, Show.Side side) {
    Frame frame = side.frame();
    String name = String.format("  %-16s ", contender);
    if (frame == null || !side.acts()) {
      out.println(name + "  nothing to do here");
      return;
    }
    out.println(
        name
            + (frame.added() ? "+ " : "  ")
            + frame.step().actor()
            + ": "
            + Columns.clean(frame.step().operation().toText())
            + " = "
            + Columns.clean(Stage.result(frame)));
    String indent = " ".repeat(name.length() + 2);
    out.println(indent + Columns.clean(frame.caption()));
    for (InterruptRow row : frame.host().interrupts().values()) {
      if (frame.changed().contains(row.name())) {
        out.println(
            indent
                + "> "
                + Columns.clean(row.name())
                + " "
                + row.way().word()
                + ": VFIO "
                + row.producer().word()
                + ", KVM "
                + row.consumer().word()
                + (row.way() == InterruptRow.Path.BYPASSED ? "" : "; " + row.reason()));
      }
    }
  }

  private void sum(Contender contender, Show.Side side) {
    Frame frame = side.frame();
    if (frame != null) {
      out.println(String.format("  %-16s   ", contender) + Stage.counts(frame.counts(), true));
    }
  }
}
