package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.function.Predicate;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.AnonymousFile;
import org.irqbypass.eventfd.DescriptorTable;
import org.irqbypass.eventfd.EventfdContext;
import org.jspecify.annotations.Nullable;

/**
 * The names that operations give to open files: {@code e0}, {@code dev:nic}, {@code vm:v0}. A name
 * that was closed or never made is a descriptor that is not open.
 */
public final class Descriptors {
  /** Descriptors that no table reaches: what is called closed, and names that are not open. */
  private static final int CLOSED = 1 << 30;

  private static final int UNOPENED = CLOSED + 1;

  private final DescriptorTable table;
  private final Map<String, Integer> open = new LinkedHashMap<>();
  private final Map<EventfdContext, String> eventfdNames = new HashMap<>();
  private final Map<String, Integer> eventfdCounts = new HashMap<>();
  private int anonymous = -1;

  Descriptors(DescriptorTable table) {
    this.table = table;
  }

  /**
   * What an operation's descriptor argument stands for.
   *
   * @param word a name, a number, {@code null} for an open file that is no eventfd, or {@code
   *     closed}
   * @return the descriptor, perhaps not open
   */
  public int fd(String word) {
    Integer fd = open.get(word);
    if (fd != null) {
      return fd;
    }
    if (word.equals("null")) {
      if (anonymous < 0) {
        anonymous = table.install(new AnonymousFile());
      }
      return anonymous;
    }
    Long number = Numbers.parse(word);
    if (number != null) {
      return number.intValue();
    }
    return word.equals("closed") ? CLOSED : UNOPENED;
  }

  /**
   * Whether a name is open.
   *
   * @param name such as {@code dev:nic}
   * @return false if it was closed or never made
   */
  public boolean isOpen(String name) {
    return open.containsKey(name);
  }

  /** Gives a descriptor a name. What had the name before stays open, nameless, until the end. */
  void bind(String name, int fd) {
    Integer before = open.remove(name);
    if (before != null) {
      open.put(name + "#" + open.size(), before);
    }
    open.put(name, fd);
  }

  /**
   * The names of a kind that are open.
   *
   * @param prefix such as {@code vm:}
   * @return in the order in which they were opened
   */
  public ImmutableList<String> openOf(String prefix) {
    return open.keySet().stream()
        .filter(name -> name.startsWith(prefix))
        .collect(ImmutableList.toImmutableList());
  }

  /** All names that are open, in the order of the alphabet. */
  ImmutableList<String> open() {
    return ImmutableList.sortedCopyOf(open.keySet());
  }

  /** The first name of a kind that is open, or null. */
  @Nullable String firstOpen(String prefix) {
    return open.keySet().stream().filter(name -> name.startsWith(prefix)).findFirst().orElse(null);
  }

  /** Gives an eventfd a name, with a number behind it from the second of that name on. */
  void bind(String name, int fd, EventfdContext eventfd) {
    bind(name, fd);
    int count = eventfdCounts.merge(name, 1, Integer::sum);
    eventfdNames.put(eventfd, count == 1 ? name : name + "#" + count);
  }

  /**
   * Closes what has a name, or a number.
   *
   * @throws ErrnoException {@code EBADF} if it is not open
   */
  void close(String name) {
    int fd = fd(name);
    if (open.remove(name) == null && !Numbers.isNumber(name)) {
      throw new ErrnoException(Errno.EBADF, name + " is not open");
    }
    table.close(fd);
  }

  /** Closes what is open of a kind, in the order in which it was opened. */
  void closeAll(Predicate<String> kind) {
    for (String name : open.keySet().toArray(new String[0])) {
      if (kind.test(name)) {
        closeIfOpen(name);
      }
    }
  }

  /** Closes what has a name, unless that was closed by its number before. */
  private void closeIfOpen(String name) {
    try {
      close(name);
    } catch (ErrnoException closedBefore) {
      // there is nothing left to close
    }
  }

  /**
   * A process has ended: Linux puts the files of its highest descriptors first, and those of a
   * virtual machine monitor are its eventfds.
   *
   * @return false if there is none
   */
  boolean closeEventfds() {
    return closeNewestFirst(name -> name.indexOf(':') < 0 && !name.startsWith("ctr"));
  }

  /** Closes the rest, the highest descriptor first. */
  void closeRest() {
    closeNewestFirst(name -> true);
  }

  private boolean closeNewestFirst(Predicate<String> kind) {
    ImmutableList<String> names =
        open.entrySet().stream()
            .filter(named -> kind.test(named.getKey()))
            .sorted(Map.Entry.<String, Integer>comparingByValue().reversed())
            .map(Map.Entry::getKey)
            .collect(ImmutableList.toImmutableList());
    names.forEach(this::closeIfOpen);
    return !names.isEmpty();
  }

  /**
   * How recordings call a descriptor.
   *
   * @param fd as {@link #fd} gave it
   * @return its name, or the number
   */
  public String nameOf(int fd) {
    if (fd == CLOSED || fd == UNOPENED) {
      return fd == CLOSED ? "closed" : "unopened";
    }
    if (fd == anonymous && fd >= 0) {
      return "null";
    }
    for (Map.Entry<String, Integer> named : open.entrySet()) {
      if (named.getValue() == fd) {
        return named.getKey();
      }
    }
    return Integer.toString(fd);
  }

  /**
   * How recordings call an eventfd.
   *
   * @param eventfd one made by an operation
   * @return such as {@code e0}, or {@code e0#2} for the second one made under that name
   */
  public String nameOf(EventfdContext eventfd) {
    return eventfdNames.getOrDefault(eventfd, "eventfd");
  }
}
