package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertWithMessage;

import com.google.common.base.Joiner;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.irqbypass.host.Trigger;
import org.irqbypass.registry.ConnectPolicy;
import org.jspecify.annotations.Nullable;

/**
 * Whatever is done to a platform device's interrupt, the trace is what a second, simpler account of
 * {@code vfio_platform_irq.c} expects: one mask, one trigger, two virqfds, a line or an edge. A
 * reset, which opening and closing are too, lowers the line.
 */
class WiredInterruptPropertyTest {
  private static final int LENGTH = 60;
  private static final String SET = "vfio.set_irqs dev=rtc index=0 start=0 flags=";
  private static final ImmutableList<String> TRIGGERS = ImmutableList.of("e0", "e1", "-1");
  private static final ImmutableList<String> MASKS = ImmutableList.of("e2", "e3", "-1");

  @Property(tries = 200)
  void aLevelMasksItselfAndFiresAgainWhileItIsHigh(@ForAll Random random) {
    compare(random, Trigger.LEVEL);
  }

  @Property(tries = 200)
  void anEdgeWaitsForItsTriggerAndCannotBeMasked(@ForAll Random random) {
    compare(random, Trigger.EDGE);
  }

  private static void compare(Random random, Trigger trigger) {
    Expected expected = new Expected(trigger);
    Runner runner = new Runner(host(trigger));
    TraceRenderer renderer = new TraceRenderer(runner.host());
    List<String> steps = new ArrayList<>();
    List.of("ef.new fd=e0", "ef.new fd=e1", "ef.new fd=e2", "ef.new fd=e3")
        .forEach(step -> runner.run(Operation.parse(step)));
    while (steps.size() < LENGTH) {
      String step = expected.open || random.nextInt(3) == 0 ? step(random) : "dev.open dev=rtc";
      steps.add(step);
      String wanted = expected.run(step);
      Outcome outcome = runner.run(Operation.parse(step));
      assertWithMessage("%s", Joiner.on('\n').join(steps))
          .that(outcome.result() + "\n" + Joiner.on('\n').join(renderer.render(outcome.events())))
          .isEqualTo(wanted);
    }
  }

  private static SimulatedHost host(Trigger trigger) {
    ImmutableMap<String, DeviceDescription> rtc =
        ImmutableMap.of(
            "rtc", new DeviceDescription(0, 0, 0, 0, 0, true, 0, ImmutableList.of(trigger), true));
    return SimulatedHost.create(
        new HostOptions(
            "arm64-gicv3", KernelProfile.LINUX_6_1, ConnectPolicy.OPPORTUNISTIC, rtc, false, true));
  }

  private static String step(Random random) {
    String action = pick(random, ImmutableList.of("MASK", "UNMASK", "UNMASK"));
    return switch (random.nextInt(14)) {
      case 0, 1 -> SET + "DATA_EVENTFD|ACTION_TRIGGER count=1 fds=" + pick(random, TRIGGERS);
      case 2 -> SET + "DATA_NONE|ACTION_TRIGGER count=0";
      case 3 -> SET + "DATA_NONE|ACTION_TRIGGER count=1";
      case 4 -> SET + "DATA_BOOL|ACTION_TRIGGER count=1 bools=" + random.nextInt(2);
      case 5 -> SET + "DATA_NONE|ACTION_" + action + " count=1";
      case 6 -> SET + "DATA_BOOL|ACTION_" + action + " count=1 bools=" + random.nextInt(2);
      case 7, 8 -> SET + "DATA_EVENTFD|ACTION_" + action + " count=1 fds=" + pick(random, MASKS);
      case 9 -> "ef.write fd=" + pick(random, ImmutableList.of("e1", "e2", "e3"));
      case 10, 11 -> "irq.raise dev=rtc index=0 level=1";
      case 12 -> "irq.raise dev=rtc index=0 level=0";
      default ->
          random.nextInt(4) == 0
              ? pick(random, ImmutableList.of("dev.close dev=rtc", "vfio.reset dev=rtc"))
              : "ef.read fd=" + pick(random, ImmutableList.of("e0", "e1", "e2", "e3"));
    };
  }

  private static String pick(Random random, ImmutableList<String> some) {
    return some.get(random.nextInt(some.size()));
  }

  /** The second account: what an operation returns, and the lines of its trace. */
  private static final class Expected {
    private final boolean level;
    private final Map<String, Integer> counts = new HashMap<>();
    private final List<String> lines = new ArrayList<>();

    /** Which virqfds an eventfd wakes, the newest first. */
    private final Map<String, Deque<String>> wakes = new HashMap<>();

    private boolean open;
    private boolean high;
    private boolean latched;
    private boolean masked;
    private @Nullable String trigger;
    private final Map<String, String> virqfds = new HashMap<>();

    Expected(Trigger trigger) {
      this.level = trigger == Trigger.LEVEL;
    }

    String run(String step) {
      lines.clear();
      Operation op = Operation.parse(step);
      String result = open || !step.contains("dev=rtc") ? done(op) : closed(op);
      return result + "\n" + Joiner.on('\n').join(lines);
    }

    private String closed(Operation op) {
      switch (op.name()) {
        case "dev.open" -> {
          open = true;
          drive(false);
        }
        case "irq.raise" -> drive(op.flag("level", true));
        default -> {
          return "-1 EBADF";
        }
      }
      return "0";
    }

    private String done(Operation op) {
      switch (op.name()) {
        case "vfio.reset" -> drive(false);
        case "dev.close" -> close();
        case "irq.raise" -> drive(op.flag("level", true));
        case "ef.read" -> {
          return counts.getOrDefault(op.text("fd"), 0) == 0 ? "-1 EAGAIN" : read(op.text("fd"));
        }
        case "ef.write" -> write(op.text("fd"));
        default -> {
          return set(op);
        }
      }
      return "0";
    }

    private String read(String eventfd) {
      counts.remove(eventfd);
      return "0";
    }

    private void write(String eventfd) {
      counts.merge(eventfd, 1, Integer::sum);
      for (String action : wakes.getOrDefault(eventfd, new ArrayDeque<>())) {
        counts.remove(eventfd);
        handler(action);
      }
      fire();
    }

    private void handler(String action) {
      lines.add("vfio_platform_" + action + "_handler");
      mask(action);
    }

    private void mask(String action) {
      lines.add("vfio_platform_" + action);
      masked = action.equals("mask");
    }

    private void drive(boolean line) {
      latched |= !level && line && !high;
      high = line;
      fire();
    }

    /** The line is open to the handler while there is a trigger and no mask. */
    private void fire() {
      boolean wanted = level ? high : latched;
      if (open && trigger != null && !masked && wanted) {
        latched = false;
        handle();
      }
    }

    private void handle() {
      String name = level ? "vfio_automasked_irq_handler" : "vfio_irq_handler";
      boolean mine = !masked;
      lines.add(name);
      masked = level;
      if (mine && trigger != null) {
        counts.merge(trigger, 1, Integer::sum);
        lines.add("eventfd_signal(" + trigger + ",1)");
      }
      lines.add(name + (mine ? "=1" : "=0"));
    }

    private String set(Operation op) {
      List<String> flags = List.of(op.text("flags").split("\\|"));
      boolean selected = !flags.contains("DATA_BOOL") || op.text("bools").equals("1");
      boolean byEventfd = flags.contains("DATA_EVENTFD");
      if (flags.contains("ACTION_TRIGGER")) {
        if (byEventfd || op.text("count").equals("0")) {
          String fd = byEventfd ? op.text("fds") : "-1";
          trigger = fd.equals("-1") ? null : fd;
        } else if (selected) {
          handle();
        }
      } else if (!level) {
        return "-1 EINVAL";
      } else {
        String action = flags.contains("ACTION_MASK") ? "mask" : "unmask";
        if (byEventfd) {
          return virqfd(action, op.text("fds"));
        } else if (selected) {
          mask(action);
        }
      }
      fire();
      return "0";
    }

    private String virqfd(String action, String fd) {
      if (fd.equals("-1")) {
        detach(action);
        return "0";
      }
      if (virqfds.containsKey(action)) {
        return "-1 EBUSY";
      }
      virqfds.put(action, fd);
      wakes.computeIfAbsent(fd, e -> new ArrayDeque<>()).addFirst(action);
      if (counts.containsKey(fd)) {
        handler(action);
      }
      fire();
      return "0";
    }

    private void detach(String action) {
      String fd = virqfds.remove(action);
      if (fd != null) {
        wakes.getOrDefault(fd, new ArrayDeque<>()).remove(action);
        counts.remove(fd);
        lines.add("virqfd_shutdown");
      }
    }

    private void close() {
      drive(false);
      open = false;
      trigger = null;
      masked = false;
      detach("mask");
      detach("unmask");
    }
  }
}
