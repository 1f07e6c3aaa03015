package org.irqbypass.comparison.demo;

import java.util.ArrayList;
import java.util.List;
import org.jline.utils.AttributedString;
import org.jline.utils.AttributedStringBuilder;
import org.jline.utils.AttributedStyle;

/** Lines of a given width, in columns of a terminal. */
final class Columns {
  private Columns() {}

  /** Text from strangers is text: nothing in it moves a cursor or turns what stands beside it. */
  static String clean(String text) {
    return text.replaceAll("[\\p{Cc}\\p{Cf}]", "?");
  }

  static AttributedString styled(String text, AttributedStyle style) {
    return new AttributedString(clean(text), style);
  }

  /** Exactly so wide: cut, with dots where something is missing, or filled up. */
  static AttributedString exactly(AttributedString line, int width) {
    AttributedStringBuilder exact = new AttributedStringBuilder();
    if (line.columnLength() > width) {
      exact.append(line.columnSubSequence(0, Math.max(width - 1, 0)));
      exact.append(width > 0 ? "…" : "");
    } else {
      exact.append(line);
    }
    for (int column = exact.columnLength(); column < width; column++) {
      exact.append(' ');
    }
    return exact.toAttributedString();
  }

  /** Broken between words, where it can be; what does not fit on so many lines is cut. */
  static List<AttributedString> wrapped(String text, AttributedStyle style, int width, int most) {
    if (width < 1) {
      return List.of();
    }
    List<String> lines = new ArrayList<>();
    StringBuilder line = new StringBuilder();
    for (String word : text.split(" ", -1)) {
      if (!line.isEmpty() && line.length() + 1 + word.length() > width) {
        lines.add(line.toString());
        line.setLength(0);
      }
      line.append(line.isEmpty() ? "" : " ").append(word);
      while (line.length() > width) {
        lines.add(line.substring(0, width));
        line.delete(0, width);
      }
    }
    lines.add(line.toString());
    List<AttributedString> wrapped = new ArrayList<>();
    for (int i = 0; i < Math.min(lines.size(), most); i++) {
      boolean cut = i == most - 1 && lines.size() > most;
      wrapped.add(exactly(styled(lines.get(i) + (cut ? " …" : ""), style), width));
    }
    return wrapped;
  }
}
