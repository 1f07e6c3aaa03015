package org.irqbypass.comparison.demo;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jline.keymap.BindingReader;
import org.jline.keymap.KeyMap;
import org.jline.terminal.Attributes;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.TerminalBuilder;
import org.jline.utils.AttributedString;
import org.jline.utils.Display;
import org.jline.utils.InfoCmp.Capability;
import org.jline.utils.NonBlockingReader;
import org.jspecify.annotations.Nullable;

/**
 * A terminal: takes keys as they are pressed, draws on its whole screen, and leaves it as it was.
 */
public final class Theatre implements Player.Screen, Player.Keys, AutoCloseable {
  /** How soon a change of the terminal's size is seen. */
  private static final long LOOK = 200;

  private final Terminal terminal;
  private final Display display;
  private final BindingReader reader;
  private final KeyMap<Key> keyMap;
  private final Attributes before;
  private Size size;

  /** Set by the terminal's own thread; an interrupted read would be an error to the terminal. */
  private volatile boolean interrupted;

  Theatre(Terminal terminal) {
    this.terminal = terminal;
    this.display = new Display(terminal, true);
    this.reader = new BindingReader(terminal.reader());
    this.keyMap = keyMap(terminal);
    this.before = terminal.enterRawMode();
    this.size = terminal.getSize();
    terminal.puts(Capability.enter_ca_mode);
    terminal.puts(Capability.keypad_xmit);
    terminal.puts(Capability.cursor_invisible);
    terminal.flush();
  }

  /**
   * Opens the terminal on which the program runs.
   *
   * @return null if there is none that can be drawn on
   * @throws IOException if it cannot be opened
   */
  public static @Nullable Theatre open() throws IOException {
    Terminal terminal = TerminalBuilder.builder().system(true).dumb(true).build();
    if (terminal.getType().startsWith(Terminal.TYPE_DUMB)) {
      terminal.close();
      return null;
    }
    return new Theatre(terminal);
  }

  /**
   * Plays a show.
   *
   * @param show what to see
   * @param colours whether with colours
   * @param each how long a scene stays before the next comes by itself; null: until a key
   */
  public void play(Show show, boolean colours, @Nullable Duration each) {
    Terminal.SignalHandler former =
        terminal.handle(Terminal.Signal.INT, signal -> interrupted = true);
    try {
      new Player(show, new Palette(colours), this, this).play(each);
    } finally {
      terminal.handle(Terminal.Signal.INT, former);
    }
  }

  private static KeyMap<Key> keyMap(Terminal terminal) {
    KeyMap<Key> keys = new KeyMap<>();
    keys.bind(Key.FORWARD, "n", " ", "\r", "\n", "l", "j");
    keys.bind(Key.FORWARD, KeyMap.key(terminal, Capability.key_right), "\u001b[C", "\u001bOC");
    keys.bind(Key.FORWARD, KeyMap.key(terminal, Capability.key_down), "\u001b[B", "\u001bOB");
    keys.bind(Key.BACK, "p", "\u007f", "\b", "h", "k");
    keys.bind(Key.BACK, KeyMap.key(terminal, Capability.key_left), "\u001b[D", "\u001bOD");
    keys.bind(Key.BACK, KeyMap.key(terminal, Capability.key_up), "\u001b[A", "\u001bOA");
    keys.bind(Key.FIRST, KeyMap.key(terminal, Capability.key_home), "\u001b[H", "\u001b[1~");
    keys.bind(Key.LAST, KeyMap.key(terminal, Capability.key_end), "\u001b[F", "\u001b[4~");
    keys.bind(Key.NEXT_PHASE, "g");
    keys.bind(Key.QUIT, "q", "\u0003", "\u0004");
    keys.setNomatch(Key.REDRAW);
    keys.setUnicode(Key.REDRAW);
    return keys;
  }

  @Override
  public int width() {
    return size.getColumns();
  }

  @Override
  public int height() {
    return size.getRows();
  }

  @Override
  public void show(List<AttributedString> lines) {
    display.resize(size.getRows(), size.getColumns());
    display.update(new ArrayList<>(lines), 0); // which it may change
  }

  @Override
  public @Nullable Key next(@Nullable Duration longest) {
    long left = longest == null ? Long.MAX_VALUE : longest.toMillis();
    while (left > 0) {
      long wait = Math.min(left, LOOK);
      int character = reader.peekCharacter(wait);
      if (character == NonBlockingReader.EOF) {
        return Key.QUIT;
      }
      if (character != NonBlockingReader.READ_EXPIRED) {
        Key key = reader.readBinding(keyMap);
        return key == null ? Key.QUIT : key;
      }
      if (interrupted) {
        return Key.QUIT;
      }
      if (!terminal.getSize().equals(size)) {
        size = terminal.getSize();
        display.clear();
        return Key.REDRAW;
      }
      left -= longest == null ? 0 : wait;
    }
    return null;
  }

  @Override
  public void close() throws IOException {
    terminal.puts(Capability.cursor_visible);
    terminal.puts(Capability.keypad_local);
    terminal.puts(Capability.exit_ca_mode);
    terminal.setAttributes(before);
    terminal.flush();
    terminal.close();
  }
}
