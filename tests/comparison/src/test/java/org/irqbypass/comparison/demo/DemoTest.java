package org.irqbypass.comparison.demo;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static java.nio.charset.StandardCharsets.UTF_8;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PipedInputStream;
import java.io.PipedOutputStream;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.irqbypass.comparison.catalogue.Catalogue;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.contender.TrialRunner;
import org.irqbypass.scenario.Execution;
import org.irqbypass.scenario.InputException;
import org.irqbypass.scenario.Scenario;
import org.jline.terminal.Attributes;
import org.jline.terminal.Attributes.LocalFlag;
import org.jline.terminal.Size;
import org.jline.terminal.Terminal;
import org.jline.terminal.impl.DumbTerminal;
import org.jline.utils.AttributedString;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DemoTest {
  private static final Palette COLOURS = new Palette(true);
  private static final Palette NO_COLOURS = new Palette(false);

  private static Show show(String scenario) {
    return Show.of(
        Catalogue.load(scenario).scenario(), Contender.EXPLICIT_LATE, Contender.AUTOMATIC_LINUX);
  }

  private static String text(List<AttributedString> lines) {
    StringBuilder text = new StringBuilder();
    lines.forEach(line -> text.append(line).append('\n'));
    return text.toString();
  }

  @Test
  @DisplayName("own steps stand beside each other; added ones stand alone; none is left out")
  void alignment() {
    Scenario scenario = Catalogue.load("nic-msix-boot").scenario();
    Show show = show("nic-msix-boot");
    int alone = 0;
    List<Integer> left = new ArrayList<>();
    for (Show.Scene scene : show.scenes()) {
      Frame one = scene.left().frame();
      Frame other = scene.right().frame();
      if (scene.left().acts() && scene.right().acts() && one != null && other != null) {
        assertThat(one.step().operation()).isEqualTo(other.step().operation());
        assertThat(one.added()).isFalse();
      } else {
        assertThat(scene.left().acts()).isTrue(); // only the explicit one adds calls
        assertThat(one != null && one.added()).isTrue();
        alone++;
      }
      if (one != null && scene.left().acts()) {
        left.add(one.step().index());
      }
    }
    Execution execution = TrialRunner.run(scenario, Contender.EXPLICIT_LATE).execution();
    assertThat(left)
        .containsExactlyElementsIn(
            execution.steps().stream()
                .filter(step -> !step.operation().name().equals("mark"))
                .map(Execution.Step::index)
                .toList())
        .inOrder();
    assertThat(alone)
        .isEqualTo(TrialRunner.run(scenario, Contender.EXPLICIT_LATE).account().forwardingCalls());
  }

  @ParameterizedTest
  @CsvSource({"80,24", "81,25", "60,20", "132,50", "200,60", "40,12", "20,8", "5,3", "1,1", "0,0"})
  @DisplayName("a picture fills the terminal and is never wider or higher")
  void size(int width, int height) {
    for (String scenario : List.of("nic-msix-boot", "platform-level-irq", "two-vms-one-eventfd")) {
      Show show = show(scenario);
      Stage stage = new Stage(show, COLOURS);
      for (int at = 0; at < show.scenes().size(); at++) {
        List<AttributedString> lines = stage.draw(at, width, height);
        assertThat(lines.size()).isAtMost(height);
        if (height >= 7) {
          assertThat(lines).hasSize(height);
        }
        for (AttributedString line : lines) {
          assertWithMessage(line.toString()).that(line.columnLength()).isAtMost(width);
          if (width >= 3) {
            assertThat(line.columnLength()).isEqualTo(width);
          }
        }
      }
    }
  }

  @Test
  @DisplayName("80 by 24 shows the refusal on both sides: told to one, untold to the other")
  void refusal() {
    Show show = show("platform-level-irq");
    Stage stage = new Stage(show, NO_COLOURS);
    int refused = 0;
    while (!text(stage.draw(refused, 80, 24)).contains("= -1 EAGAIN")) {
      refused++;
    }
    String picture = text(stage.draw(refused, 80, 24));
    assertThat(picture).contains("explicit-late");
    assertThat(picture).contains("automatic-linux  (waits)");
    assertThat(picture).contains("+ vmm: kv.set kv=k0 group=DEVICE");
    assertThat(picture).contains("step " + (refused + 1) + " of " + show.scenes().size());
    assertThat(picture).contains("VFIO refused, KVM refused");
    assertThat(picture).contains("through the host");
    assertThat(text(stage.draw(show.scenes().size() - 1, 80, 24))).contains("bypassed 12");
  }

  @Test
  @DisplayName("colours only where they are wanted; what changed is marked without them")
  void colours() {
    Show show = show("platform-level-irq");
    StringBuilder coloured = new StringBuilder();
    StringBuilder plain = new StringBuilder();
    for (int at = 0; at < show.scenes().size(); at++) {
      new Stage(show, COLOURS).draw(at, 80, 24).forEach(line -> coloured.append(line.toAnsi()));
      new Stage(show, NO_COLOURS).draw(at, 80, 24).forEach(line -> plain.append(line.toAnsi()));
    }
    assertThat(coloured.toString()).containsMatch("\u001b\\[[0-9;]*3[0-7][0-9;]*m");
    assertThat(plain.toString()).doesNotContainMatch("\u001b\\[[0-9;]*3[0-7][0-9;]*m");
    assertThat(plain.toString()).contains("▸ ");
  }

  @Test
  @DisplayName("names from strangers that would move the cursor are refused, and not repeated")
  void strangers() {
    String yaml =
        """
        name: hostile
        title: t
        about: a
        platform: x86-posted
        devices: {nic: {intx: 1, msix: 1}}
        steps:
          - mark: "\\e[2J\\u009b31m gone"
          - vmm: [dev.open dev=nic]
        """;
    InputException refused =
        assertThrows(
            InputException.class,
            () -> Scenario.read("h.yaml", new ByteArrayInputStream(yaml.getBytes(UTF_8))));
    assertThat(refused).hasMessageThat().startsWith("h.yaml:7:11: ");
    assertThat(refused).hasMessageThat().contains("has a control character in it");
    assertThat(refused).hasMessageThat().doesNotContainMatch("[\\p{Cntrl}\\u0080-\\u009f]");
  }

  private static void tell(PlainText plain, @Nullable Duration between, List<Duration> paused) {
    try {
      plain.tell(between, paused::add);
    } catch (InterruptedException impossible) {
      throw new AssertionError(impossible);
    }
  }

  @Test
  @DisplayName("keys go on and back, to either end, to the next phase, and never past an end")
  void keys() {
    Show show = show("platform-level-irq");
    int last = show.scenes().size() - 1;
    assertThat(Key.FORWARD.from(0, show)).isEqualTo(1);
    assertThat(Key.BACK.from(1, show)).isEqualTo(0);
    assertThat(Key.BACK.from(0, show)).isEqualTo(0);
    assertThat(Key.LAST.from(3, show)).isEqualTo(last);
    assertThat(Key.FORWARD.from(last, show)).isEqualTo(last);
    assertThat(Key.FIRST.from(last, show)).isEqualTo(0);
    int next = Key.NEXT_PHASE.from(0, show);
    assertThat(show.scenes().get(next).phase()).isNotEqualTo(show.scenes().get(0).phase());
    assertThat(show.scenes().get(next - 1).phase()).isEqualTo(show.scenes().get(0).phase());
    assertThat(Key.NEXT_PHASE.from(last, show)).isEqualTo(last);
  }

  /** A screen that keeps the first line of each picture. */
  private static final class Heads implements Player.Screen {
    private final List<String> shown = new ArrayList<>();

    @Override
    public int width() {
      return 80;
    }

    @Override
    public int height() {
      return 24;
    }

    @Override
    public void show(List<AttributedString> lines) {
      shown.add(lines.get(0).toString().replaceAll(".*(step \\d+) of.*", "$1"));
    }
  }

  @Test
  @DisplayName("a key shows its scene; q ends it")
  void play() {
    Heads heads = new Heads();
    Deque<Key> keys =
        new ArrayDeque<>(List.of(Key.FORWARD, Key.FORWARD, Key.BACK, Key.REDRAW, Key.QUIT));
    new Player(show("platform-level-irq"), NO_COLOURS, heads, longest -> keys.remove()).play(null);
    assertThat(heads.shown)
        .containsExactly("step 1", "step 2", "step 3", "step 2", "step 2")
        .inOrder();
  }

  @Test
  @DisplayName("--auto goes through all scenes by itself and ends at the end")
  void auto() {
    Show show = show("platform-level-irq");
    Heads heads = new Heads();
    Duration each = Duration.ofMillis(1500);
    List<@Nullable Duration> asked = new ArrayList<>();
    new Player(
            show,
            NO_COLOURS,
            heads,
            longest -> {
              asked.add(longest);
              return null;
            })
        .play(each);
    assertThat(heads.shown).hasSize(show.scenes().size());
    assertThat(asked).hasSize(show.scenes().size());
    assertThat(asked).containsNoneIn(List.of(Duration.ZERO));
    assertThat(asked.get(0)).isEqualTo(each);
  }

  @Test
  @DisplayName("a terminal's own key sequences are understood, and the terminal is left as it was")
  void terminal() throws IOException {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    String typed = "\u001b[C \u001b[D\u001bOCnpg\u001b[F\u001b[Hxq";
    try (Terminal terminal =
        new DumbTerminal(
            "test", "xterm", new ByteArrayInputStream(typed.getBytes(UTF_8)), out, UTF_8)) {
      terminal.setSize(new Size(80, 24));
      Attributes before = new Attributes(terminal.getAttributes());
      List<Key> keys = new ArrayList<>();
      try (Theatre theatre = new Theatre(terminal)) {
        assertThat(terminal.getAttributes().getLocalFlag(LocalFlag.ICANON)).isFalse();
        Key key;
        do {
          key = theatre.next(null);
          keys.add(key);
        } while (key != Key.QUIT);
        theatre.show(new Stage(show("platform-level-irq"), COLOURS).draw(0, 80, 24));
      }
      assertThat(keys)
          .containsExactly(
              Key.FORWARD,
              Key.FORWARD,
              Key.BACK,
              Key.FORWARD,
              Key.FORWARD,
              Key.BACK,
              Key.NEXT_PHASE,
              Key.LAST,
              Key.FIRST,
              Key.REDRAW,
              Key.QUIT)
          .inOrder();
      assertThat(terminal.getAttributes().getLocalFlag(LocalFlag.ICANON))
          .isEqualTo(before.getLocalFlag(LocalFlag.ICANON));
      assertThat(out.toString(UTF_8)).contains("platform-level-irq");
      assertThat(out.toString(UTF_8)).contains("\u001b[?1049l");
    }
  }

  @Test
  @DisplayName("Ctrl-C ends it as q does, and who handled it before does so again")
  void interrupt() throws IOException, InterruptedException {
    PipedInputStream nothingTyped = new PipedInputStream();
    List<Terminal.Signal> before = new CopyOnWriteArrayList<>();
    try (PipedOutputStream keyboard = new PipedOutputStream(nothingTyped);
        Terminal terminal =
            new DumbTerminal("test", "xterm", nothingTyped, new ByteArrayOutputStream(), UTF_8);
        Theatre theatre = new Theatre(terminal)) {
      terminal.setSize(new Size(80, 24));
      terminal.handle(Terminal.Signal.INT, before::add);
      Show show = show("stale-vlpi");
      CountDownLatch ended = new CountDownLatch(1);
      Thread playing =
          new Thread(
              () -> {
                theatre.play(show, false, null);
                ended.countDown();
              });
      playing.start();
      while (!ended.await(10, TimeUnit.MILLISECONDS)) {
        terminal.raise(Terminal.Signal.INT); // until the show handles it
      }
      before.clear();
      terminal.raise(Terminal.Signal.INT);
      assertThat(before).containsExactly(Terminal.Signal.INT);
      keyboard.flush();
    }
  }

  @Test
  @DisplayName("a terminal that goes away ends it")
  void hangUp() throws IOException {
    try (Terminal terminal =
            new DumbTerminal(
                "test",
                "xterm",
                new ByteArrayInputStream(new byte[0]),
                new ByteArrayOutputStream(),
                UTF_8);
        Theatre theatre = new Theatre(terminal)) {
      assertThat(theatre.next(null)).isEqualTo(Key.QUIT);
    }
  }

  @Test
  @DisplayName("without a terminal each step is told in its turn, and the sums at the end")
  void plainText() {
    Show show = show("platform-level-irq");
    StringWriter told = new StringWriter();
    List<Duration> paused = new ArrayList<>();
    tell(new PlainText(show, new PrintWriter(told)), Duration.ofSeconds(2), paused);
    assertThat(paused).hasSize(show.scenes().size());
    assertThat(paused.get(0)).isEqualTo(Duration.ofSeconds(2));
    String text = told.toString();
    assertThat(text).contains("step 1 of " + show.scenes().size());
    assertThat(text).contains("+ vmm: kv.set kv=k0 group=DEVICE attr=FORWARD");
    assertThat(text).contains("= -1 EAGAIN");
    assertThat(text).contains("automatic-linux    nothing to do here");
    assertThat(text).contains("> uart IRQ 0 bypassed: VFIO paired, KVM paired");
    assertThat(text).containsMatch("explicit-late +bypassed 12 slow 1 lost 0");
    assertThat(text).doesNotContain("\u001b");
  }

  @Test
  @DisplayName("the README shows a picture as it is drawn")
  void readme() throws IOException {
    List<AttributedString> picture =
        new Stage(show("platform-level-irq"), NO_COLOURS).draw(18, 80, 24);
    StringBuilder shown = new StringBuilder();
    picture
        .subList(0, 13)
        .forEach(line -> shown.append(line.toString().stripTrailing()).append('\n'));
    assertThat(Files.readString(Path.of("README.md"))).contains("```text\n" + shown + "```\n");
  }
}
