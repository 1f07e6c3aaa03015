package org.irqbypass.comparison.report;

import com.google.common.html.HtmlEscapers;
import java.util.ArrayDeque;
import java.util.Deque;

/**
 * Writes HTML. What is written is escaped, elements are closed in order; only text that {@link
 * #verbatim} takes is trusted, and that takes none from outside this program.
 */
final class Html {
  private final StringBuilder html = new StringBuilder(1 << 16);
  private final Deque<String> open = new ArrayDeque<>();

  /** Opens an element; attributes are names and values in turn. */
  Html open(String element, String... attributes) {
    tag(element, attributes);
    open.push(element);
    return this;
  }

  /** Closes the element opened last. */
  Html close() {
    html.append("</").append(open.pop()).append('>');
    return this;
  }

  /** An element with text in it. */
  Html element(String element, String text, String... attributes) {
    return open(element, attributes).text(text).close();
  }

  /** An element that is never closed. */
  Html empty(String element, String... attributes) {
    tag(element, attributes);
    return this;
  }

  Html text(String text) {
    html.append(HtmlEscapers.htmlEscaper().escape(text));
    return this;
  }

  /** Text of this program's own, or drawn by a library that escapes. */
  Html verbatim(String trusted) {
    html.append(trusted);
    return this;
  }

  Html line() {
    html.append('\n');
    return this;
  }

  private void tag(String element, String... attributes) {
    html.append('<').append(element);
    for (int i = 0; i + 1 < attributes.length; i += 2) {
      html.append(' ')
          .append(attributes[i])
          .append("=\"")
          .append(HtmlEscapers.htmlEscaper().escape(attributes[i + 1]))
          .append('"');
    }
    html.append('>');
  }

  @Override
  public String toString() {
    return html.toString();
  }
}
