package org.irqbypass.comparison.demo;

import org.irqbypass.comparison.snapshot.InterruptRow;
import org.jline.utils.AttributedStyle;

/**
 * How things look.
 *
 * @param colours whether with colours; without, bold and faint remain
 */
record Palette(boolean colours) {
  private static final AttributedStyle PLAIN = AttributedStyle.DEFAULT;

  private AttributedStyle colour(int colour) {
    return colours ? PLAIN.foreground(colour) : PLAIN;
  }

  AttributedStyle plain() {
    return PLAIN;
  }

  AttributedStyle strong() {
    return PLAIN.bold();
  }

  AttributedStyle faint() {
    return colours ? PLAIN.foreground(AttributedStyle.BRIGHT) : PLAIN;
  }

  AttributedStyle head() {
    return PLAIN.inverse();
  }

  AttributedStyle added() {
    return colour(AttributedStyle.MAGENTA);
  }

  AttributedStyle refused() {
    return colour(AttributedStyle.RED).bold();
  }

  AttributedStyle way(InterruptRow.Path way) {
    return switch (way) {
      case BYPASSED -> colour(AttributedStyle.GREEN).bold();
      case KERNEL, USERSPACE -> colour(AttributedStyle.YELLOW);
      case NOWHERE -> faint();
    };
  }
}
