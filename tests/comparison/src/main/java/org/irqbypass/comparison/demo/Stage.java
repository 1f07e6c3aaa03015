package org.irqbypass.comparison.demo;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.comparison.account.Account;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.snapshot.InterruptRow;
import org.irqbypass.comparison.snapshot.VcpuRow;
import org.irqbypass.scenario.Outcome;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;

/** Draws scenes: the same scene on a terminal of the same size gives the same lines. */
final class Stage {
  private static final String KEYS =
      " → n space: on   ← p: back   home, end   g: next phase   q: quit";

  /** Head, names, counts, keys, and three rules. */
  private static final int AROUND = 7;

  /** What a caption may take at least; on a high terminal it may take more. */
  private static final int CAPTION_LINES = 4;

  private final Show show;
  private final Palette palette;

  Stage(Show show, Palette palette) {
    this.show = show;
    this.palette = palette;
  }

  /**
   * Draws a scene.
   *
   * @param at which, from 0
   * @param width of the terminal in columns
   * @param height of the terminal in lines
   * @return as many lines as it is high, each as wide as it is
   */
  ImmutableList<AttributedString> draw(int at, int width, int height) {
    Show.Scene scene = show.scenes().get(at);
    boolean last = at == show.scenes().size() - 1;
    int left = Math.max((width - 3) / 2, 0);
    int right = Math.max(width - 3 - left, 0);
    int body = Math.max(height - AROUND, 0);
    List<AttributedString> lines = new ArrayList<>();
    lines.add(head(at, scene, width));
    lines.add(
        beside(name(show.left(), scene.left(), left), name(show.right(), scene.right(), right)));
    lines.add(rule(left, right, "┼"));
    List<AttributedString> one = column(scene.left(), left, body);
    List<AttributedString> other = column(scene.right(), right, body);
    for (int i = 0; i < body; i++) {
      lines.add(beside(line(one, i, left), line(other, i, right)));
    }
    lines.add(rule(left, right, "┼"));
    lines.add(beside(counts(scene.left(), last, left), counts(scene.right(), last, right)));
    lines.add(rule(left, right, "┴"));
    lines.add(Columns.exactly(Columns.styled(KEYS, palette.faint()), width));
    return lines.stream()
        .limit(Math.max(height, 0))
        .map(line -> line.columnSubSequence(0, Math.max(width, 0)))
        .collect(ImmutableList.toImmutableList());
  }

  private AttributedString head(int at, Show.Scene scene, int width) {
    String phase = scene.phase().isEmpty() ? "" : "   " + scene.phase();
    String text =
        " " + show.name() + "   step " + (at + 1) + " of " + show.scenes().size() + phase + " ";
    AttributedString line = Columns.exactly(Columns.styled(text, palette.head()), width);
    return Columns.styled(line.toString(), palette.head());
  }

  private AttributedString name(Contender contender, Show.Side side, int width) {
    String state = side.acts() ? "" : "  (waits)";
    return Columns.exactly(
        new AttributedStringBuilder()
            .append(Columns.styled(" " + contender.label(), palette.strong()))
            .append(Columns.styled(state, palette.faint()))
            .toAttributedString(),
        width);
  }

  private AttributedString rule(int left, int right, String crossing) {
    return Columns.styled(
        "─".repeat(left) + "─" + crossing + "─" + "─".repeat(right), palette.faint());
  }

  private AttributedString beside(AttributedString left, AttributedString right) {
    return new AttributedStringBuilder()
        .append(left)
        .append(Columns.styled(" │ ", palette.faint()))
        .append(right)
        .toAttributedString();
  }

  private AttributedString line(List<AttributedString> lines, int i, int width) {
    return Columns.exactly(i < lines.size() ? lines.get(i) : AttributedString.EMPTY, width);
  }

  private List<AttributedString> column(Show.Side side, int width, int height) {
    List<AttributedString> lines = new ArrayList<>();
    Frame frame = side.frame();
    if (frame == null) {
      return lines;
    }
    if (side.acts()) {
      lines.addAll(call(frame, width));
      lines.addAll(Columns.wrapped(frame.caption(), palette.plain(), width, CAPTION_LINES));
    } else {
      lines.add(Columns.styled(" nothing to do here", palette.faint()));
    }
    lines.add(AttributedString.EMPTY);
    lines.addAll(state(frame, side.acts(), width, height - lines.size()));
    return lines;
  }

  private List<AttributedString> call(Frame frame, int width) {
    Outcome outcome = frame.step().outcome();
    AttributedStyle style = frame.added() ? palette.added() : palette.strong();
    String sign = frame.added() ? "+ " : "";
    List<AttributedString> lines =
        new ArrayList<>(
            Columns.wrapped(
                sign + frame.step().actor() + ": " + frame.step().operation().toText(),
                style,
                width,
                3));
    lines.add(
        Columns.styled(
            "= " + result(frame), outcome.errno() == null ? palette.faint() : palette.refused()));
    return lines;
  }

  /** What calls return besides is of no interest here; what guests take is. */
  static String result(Frame frame) {
    Outcome outcome = frame.step().outcome();
    return frame.step().actor().equals("guest") ? outcome.toString() : outcome.result();
  }

  /** Every interrupt with as much about it as there is room for, what changed with the most. */
  private List<AttributedString> state(Frame frame, boolean acts, int width, int room) {
    ImmutableList<VcpuRow> vcpus = frame.host().vcpus().values().asList();
    int space = Math.max(room - Math.min(vcpus.size(), 2), 0);
    List<List<AttributedString>> rows = new ArrayList<>();
    List<Boolean> changed = new ArrayList<>();
    for (InterruptRow row : frame.host().interrupts().values()) {
      changed.add(acts && frame.changed().contains(row.name()));
      rows.add(interrupt(row, changed.get(rows.size()), width));
    }
    cut(rows, changed, space, 2, false);
    cut(rows, changed, space, 1, false);
    cut(rows, changed, space, 1, true);
    List<AttributedString> state = new ArrayList<>();
    int left = rows.size();
    for (List<AttributedString> row : rows) {
      int needed = row.size() + (left > 1 ? 1 : 0);
      if (state.size() + needed > space) {
        break;
      }
      state.addAll(row);
      left--;
    }
    if (left > 0 && state.size() < space) {
      state.add(Columns.styled("  and " + left + " more", palette.faint()));
    }
    for (VcpuRow vcpu : vcpus) {
      if (state.size() < room) {
        state.add(vcpu(vcpu, acts && frame.changed().contains(vcpu.name()), width));
      }
    }
    return state;
  }

  /** Shortens rows to so many lines if all of them together are too long. */
  private static void cut(
      List<List<AttributedString>> rows,
      List<Boolean> changed,
      int space,
      int most,
      boolean changedToo) {
    if (rows.stream().mapToInt(List::size).sum() <= space) {
      return;
    }
    for (int i = 0; i < rows.size(); i++) {
      if (changedToo || !changed.get(i)) {
        rows.set(i, rows.get(i).subList(0, Math.min(rows.get(i).size(), most)));
      }
    }
  }

  /** The way first, then who is there, then why. */
  private List<AttributedString> interrupt(InterruptRow row, boolean changed, int width) {
    List<AttributedString> lines = new ArrayList<>();
    String way = row.way().word();
    AttributedString name =
        Columns.styled(
            (changed ? "▸ " : "  ") + row.name(), changed ? palette.strong() : palette.plain());
    lines.add(
        new AttributedStringBuilder()
            .append(Columns.exactly(name, Math.max(width - way.length() - 1, 0)))
            .append(' ')
            .append(Columns.styled(way, palette.way(row.way())))
            .toAttributedString());
    String host = row.host().isEmpty() || row.host().equals("idle") ? "" : ", " + row.host();
    String guest = row.guest().isEmpty() ? "" : ", " + row.guest();
    lines.addAll(
        indented(
            "VFIO " + row.producer().word() + ", KVM " + row.consumer().word() + host + guest,
            palette.plain(),
            width));
    if (row.way() != InterruptRow.Path.BYPASSED) {
      lines.addAll(indented(row.reason(), palette.faint(), width));
    }
    return lines;
  }

  private static List<AttributedString> indented(String text, AttributedStyle style, int width) {
    return Columns.wrapped(text, style, Math.max(width - 4, 1), 3).stream()
        .map(line -> new AttributedStringBuilder().append("    ").append(line).toAttributedString())
        .toList();
  }

  private AttributedString vcpu(VcpuRow row, boolean changed, int width) {
    String pending = row.pending().isEmpty() ? "" : ", pending " + row.pending();
    String inService = row.inService().isEmpty() ? "" : ", handles " + row.inService();
    return Columns.exactly(
        Columns.styled(
            (changed ? "▸ " : "  ") + row.name() + " " + row.state() + pending + inService,
            changed ? palette.strong() : palette.faint()),
        width);
  }

  private AttributedString counts(Show.Side side, boolean last, int width) {
    Frame frame = side.frame();
    return frame == null
        ? Columns.exactly(AttributedString.EMPTY, width)
        : Columns.exactly(
            Columns.styled(" " + counts(frame.counts(), last), palette.plain()), width);
  }

  /** What is pending is lost only if it still is when all is over. */
  static String counts(Account account, boolean last) {
    return "bypassed "
        + account.bypassed()
        + " slow "
        + (account.raised() - account.bypassed() - account.untriggered())
        + (last ? " lost " : " pending ")
        + account.lost()
        + " exits "
        + account.exits().total();
  }
}
