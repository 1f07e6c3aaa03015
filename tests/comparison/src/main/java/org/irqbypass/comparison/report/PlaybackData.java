package org.irqbypass.comparison.report;

import com.fasterxml.jackson.databind.json.JsonMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import com.google.common.base.Ascii;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.report.Playback.Frame;
import org.irqbypass.comparison.report.Playback.Moment;
import org.irqbypass.comparison.snapshot.InterruptRow;
import org.irqbypass.comparison.snapshot.VcpuRow;
import org.jspecify.annotations.Nullable;

/**
 * Runs side by side, as the page's script reads it. Runs repeat themselves: each text and each row
 * is written once, and named by its place.
 */
final class PlaybackData {
  private final ObjectNode data = JsonMapper.builder().build().createObjectNode();
  private final ArrayNode texts = data.putArray("texts");
  private final ArrayNode rows = data.putArray("rows");
  private final Map<String, Integer> textPlaces = new LinkedHashMap<>();
  private final Map<Object, Integer> rowPlaces = new LinkedHashMap<>();

  private PlaybackData() {}

  /**
   * The runs.
   *
   * @param playback what to write
   * @param contenders in the order in which the page has them
   * @return JSON that can stand in a script element
   */
  static String of(Playback playback, List<Contender> contenders) {
    PlaybackData writing = new PlaybackData();
    ArrayNode names = writing.data.putArray("contenders");
    contenders.forEach(contender -> names.add(contender.label()));
    writing.names();
    ArrayNode frames = writing.data.putArray("frames");
    for (Frame frame : playback.frames()) {
      ArrayNode written = frames.addArray();
      written.add(writing.text(frame.actor())).add(writing.text(frame.phase()));
      written.add(frame.skipped());
      for (Contender contender : contenders) {
        Moment moment = frame.moments().get(contender);
        if (moment == null) {
          written.add(0);
        } else {
          writing.moment(moment, written.addArray());
        }
      }
    }
    // No text ends the element, or begins a comment in it.
    return writing.data.toString().replace("<", "\\u003c");
  }

  /** How people call what the style sheet has a name for. */
  private void names() {
    ObjectNode words = data.putObject("words");
    for (InterruptRow.End end : InterruptRow.End.values()) {
      words.put(style(end), end.word());
    }
    for (InterruptRow.Path way : InterruptRow.Path.values()) {
      words.put(style(way), way.word());
    }
  }

  private static String style(Enum<?> constant) {
    return Ascii.toLowerCase(constant.name());
  }

  private int text(@Nullable String text) {
    return textPlaces.computeIfAbsent(
        text == null ? "" : text,
        any -> {
          texts.add(any);
          return texts.size() - 1;
        });
  }

  private void moment(Moment moment, ArrayNode to) {
    to.add(moment.step());
    to.add(text(moment.call()));
    to.add(text(style(moment.kind())));
    to.add(text(moment.errno()));
    to.add(text(moment.caption()));
    to.add(text(moment.why()));
    ArrayNode changed = to.addArray();
    moment.changes().interrupts().forEach(row -> changed.add(place(row)));
    moment.changes().vcpus().forEach(row -> changed.add(place(row)));
    ArrayNode gone = to.addArray();
    moment.changes().gone().forEach(name -> gone.add(text(name)));
  }

  private int place(InterruptRow row) {
    Integer known = rowPlaces.get(row);
    if (known != null) {
      return known;
    }
    rows.addArray()
        .add(text(row.name()))
        .add(text(row.host()))
        .add(text(style(row.producer())))
        .add(text(row.eventfd()))
        .add(text(style(row.consumer())))
        .add(text(row.binding()))
        .add(text(row.route()))
        .add(text(row.guest()))
        .add(row.explicit() ? 1 : 0)
        .add(text(style(row.way())))
        .add(text(row.reason()));
    rowPlaces.put(row, rows.size() - 1);
    return rows.size() - 1;
  }

  private int place(VcpuRow row) {
    Integer known = rowPlaces.get(row);
    if (known != null) {
      return known;
    }
    rows.addArray()
        .add(text(row.name()))
        .add(text(row.state()))
        .add(text(row.pending()))
        .add(text(row.inService()));
    rowPlaces.put(row, rows.size() - 1);
    return rows.size() - 1;
  }
}
