package org.irqbypass.comparison.command;

import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.demo.PlainText;
import org.irqbypass.comparison.demo.Show;
import org.irqbypass.comparison.demo.Theatre;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Steps through two contenders' runs of a scenario, side by side. */
@Command(
    name = "demo",
    description =
        "Steps through two contenders' runs of a scenario side by side: the calls, what they come"
            + " to, and the state of every interrupt. Without a terminal it is plain text.",
    mixinStandardHelpOptions = true,
    versionProvider = Version.class)
final class DemoCommand implements Callable<Integer> {
  /** Longer than anybody looks at a step. */
  private static final double LONGEST = 3600;

  private final Console console;

  @Spec
  @SuppressWarnings("NullAway.Init") // picocli sets it before anything runs
  private CommandSpec spec;

  @Mixin private ScenarioArgument scenario = new ScenarioArgument();

  @Option(
      names = "--contender",
      paramLabel = "CONTENDER",
      description = {
        "Who is shown, left and right: ${COMPLETION-CANDIDATES}. Two at most; explicit-late and"
            + " automatic-linux unless given."
      },
      converter = ContenderConverter.class,
      completionCandidates = SubjectNames.Contenders.class)
  private List<Contender> contenders = new ArrayList<>();

  @Option(
      names = "--auto",
      paramLabel = "SECONDS",
      description = "Goes on by itself after so many seconds, such as 1.5, and ends at the end.")
  private @Nullable Double auto;

  @Option(names = "--plain", description = "Plain text, also on a terminal.")
  private boolean plain;

  DemoCommand(Console console) {
    this.console = console;
  }

  @Override
  public Integer call() throws IOException, InterruptedException {
    Duration each = each();
    List<Contender> pair = pair();
    Show show = Show.of(scenario.subject().scenario(), pair.get(0), pair.get(1));
    // NO_COLOR takes the colours only.
    boolean noColour = System.getenv("NO_COLOR") != null;
    try (Theatre theatre = !plain && (console.terminal() || noColour) ? Theatre.open() : null) {
      if (theatre == null) {
        new PlainText(show, console.out()).tell(each, time -> Thread.sleep(time.toMillis()));
      } else {
        theatre.play(show, !noColour, each);
      }
    }
    return ExitStatus.OK;
  }

  private @Nullable Duration each() {
    Double seconds = auto;
    if (seconds == null) {
      return null;
    }
    if (!(seconds > 0 && seconds <= LONGEST)) {
      throw new ParameterException(
          spec.commandLine(), "--auto is " + seconds + ", expected seconds, more than 0");
    }
    return Duration.ofMillis(Math.max(Math.round(seconds * 1000), 1));
  }

  /** Of one that is named, the other is the other design's. */
  private List<Contender> pair() {
    return switch (contenders.size()) {
      case 0 -> List.of(Contender.EXPLICIT_LATE, Contender.AUTOMATIC_LINUX);
      case 1 ->
          List.of(
              contenders.get(0),
              contenders.get(0).isExplicit() ? Contender.AUTOMATIC_LINUX : Contender.EXPLICIT_LATE);
      case 2 -> contenders;
      default ->
          throw new ParameterException(
              spec.commandLine(),
              contenders.size() + " contenders are named, expected two at most");
    };
  }
}
