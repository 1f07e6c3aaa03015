package org.irqbypass.live;

import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.irqbypass.errno.Errno;

/**
 * The names that the operations of one case give to what they have open. As in the simulation, a
 * name that was closed or never made is a descriptor that is not open.
 */
final class OpenFiles {
  /** Beyond what any process can open. */
  private static final int CLOSED = 1 << 30;

  private final Map<String, Integer> open = new LinkedHashMap<>();

  /** An open file that is no eventfd, whatever is done with it. */
  private final int noEventfd;

  OpenFiles(int noEventfd) {
    this.noEventfd = noEventfd;
  }

  /** What a descriptor argument stands for; a number is one that {@link #isHarmless}. */
  int fd(String word) {
    Integer fd = open.get(word);
    if (fd != null) {
      return fd;
    }
    if (word.equals("null")) {
      return noEventfd;
    }
    return isNegative(word) ? Integer.parseInt(word) : CLOSED;
  }

  /** Whether a descriptor argument can only be what the case itself has opened, or nothing. */
  static boolean isHarmless(String word) {
    return isNegative(word) || isName(word) || isOwn(word);
  }

  private static boolean isNegative(String word) {
    return word.matches("-[1-9][0-9]{0,8}");
  }

  /** Whether a word is the plain name of an eventfd. */
  static boolean isName(String word) {
    return !word.isEmpty() && Character.isLetter(word.charAt(0)) && word.indexOf(':') < 0;
  }

  private static boolean isOwn(String word) {
    return word.startsWith("vm:") || word.startsWith("kv:");
  }

  int count() {
    return open.size();
  }

  /** Gives a descriptor a name. What had the name before stays open, nameless, until the end. */
  void bind(String name, int fd) {
    Integer before = open.remove(name);
    if (before != null) {
      open.put(name + "#" + open.size(), before);
    }
    open.put(name, fd);
  }

  void close(String name) throws SystemCallException {
    Integer fd = open.remove(name);
    if (fd == null) {
      throw new SystemCallException("close", Errno.EBADF);
    }
    SystemCalls.close(fd);
  }

  /** Closes what is open of a kind, in the order in which it was opened. */
  void closeAll(Predicate<String> kind) throws SystemCallException {
    for (String name : open.keySet().toArray(new String[0])) {
      if (kind.test(name)) {
        close(name);
      }
    }
  }

  /** The names of a kind that are open, in the order in which they were opened. */
  String[] openOf(String prefix) {
    return open.keySet().stream().filter(name -> name.startsWith(prefix)).toArray(String[]::new);
  }
}
