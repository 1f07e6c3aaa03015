package org.irqbypass.benchmarks;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.IOException;
import java.io.PrintStream;
import java.io.PrintWriter;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.Callable;
import java.util.regex.Pattern;
import java.util.regex.PatternSyntaxException;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;
import org.irqbypass.benchmarks.measure.Footprint;
import org.irqbypass.benchmarks.measure.RegistryProtocol;
import org.irqbypass.benchmarks.measure.Storm;
import org.irqbypass.benchmarks.table.Machine;
import org.irqbypass.benchmarks.table.Report;
import org.irqbypass.benchmarks.table.Result;
import org.irqbypass.benchmarks.table.Results;
import org.irqbypass.benchmarks.table.Scale;
import org.jspecify.annotations.Nullable;
import org.openjdk.jmh.infra.BenchmarkParams;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.NoBenchmarksException;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.format.OutputFormat;
import org.openjdk.jmh.runner.format.OutputFormatFactory;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** Measures everything, prints the table, and writes it as text, JSON and Markdown. */
@Command(
    name = "benchmarks.jar",
    mixinStandardHelpOptions = true,
    description = "Measures what each call costs, beside Linux and beside Java's own limits.",
    exitCodeListHeading = "Exit status:%n",
    exitCodeList = {
      "0:everything was measured, and each target is met; or it was --quick",
      "1:a benchmark failed, or found at its end that the work was not done",
      "2:wrong options",
      "10:a target is not met"
    })
public final class Figures implements Callable<Integer> {
  private static final int FAILED = 1;
  private static final int MISSED = 10;
  private static final int STORMS = 10;
  private static final int STORM_VMS = 100;

  /** So many states take about as long without reduction as all with it. */
  private static final int EXPLORED = 300_000;

  private static final String MAPS = "TwoMaps";
  private static final Integer[] SMALL_AND_LARGE = {1_000, 1_000_000};
  private static final String ALLOCATED = "gc.alloc.rate.norm";

  @Option(
      names = "--quick",
      description = "A smoke test of a minute: its figures mean little, and no size is large.")
  private boolean quick;

  @Option(
      names = "--only",
      paramLabel = "PATTERN",
      description =
          "Only benchmarks whose Class.method contains a match of this regular expression; the maps"
              + " by which Linux's figures are scaled run anyway.")
  private String only = "";

  @Option(
      names = "--out",
      paramLabel = "DIR",
      description = "Where figures.txt, figures.json, figures.md and jmh.log go: ${DEFAULT-VALUE}.")
  private Path out = Path.of("figures");

  @Spec private @Nullable CommandSpec spec;

  private final Results results = new Results();

  /** Makes the command. */
  public Figures() {}

  /**
   * Runs the command.
   *
   * @param arguments as the shell gives them
   */
  public static void main(String[] arguments) {
    // JOL: offsets of records and hidden classes; and it need not attach to this process
    System.setProperty("jol.magicFieldOffset", "true");
    System.setProperty("jol.skipHotspotSAAttach", "true");
    System.exit(
        new CommandLine(new Figures())
            .setExecutionExceptionHandler(
                (failure, line, parsed) -> {
                  line.getErr().println("benchmarks.jar: " + failure.getMessage());
                  return FAILED;
                })
            .execute(arguments));
  }

  /** Benchmarks that run with the same values of one parameter. */
  private record Session(String benchmarks, List<Parameter> parameters) {
    static Session of(String benchmarks, Parameter... parameters) {
      return new Session(benchmarks, List.of(parameters));
    }
  }

  /** A benchmark's parameter and the values that it runs with. */
  private record Parameter(String name, List<String> values) {
    static Parameter of(String name, Integer... values) {
      return new Parameter(name, Stream.of(values).map(String::valueOf).toList());
    }
  }

  @Override
  public Integer call() throws IOException, RunnerException {
    Pattern wanted = wanted();
    Files.createDirectories(out);
    Path log = out.resolve("jmh.log");
    say(
        (quick
                ? "Measuring for about a minute"
                : "Measuring for less than ten minutes, if nothing else runs")
            + "; what JMH says goes to "
            + log);
    try (PrintStream jmh = new PrintStream(log.toFile(), UTF_8)) {
      for (Session session : sessions()) {
        run(session, jmh);
      }
    }
    if (wanted.matcher("Storm.wait").find()) {
      storm();
    }
    if (wanted.matcher("RegistryProtocol").find()) {
      explore();
    }
    if (wanted.matcher("Footprint").find()) {
      add("Footprint.beyond", Result.of(Footprint.beyondTheCallersObjects()));
      add("Footprint.baseClasses", Result.of((double) Footprint.ofTheBaseClasses()));
      add("Footprint.irqfd", Result.of(Footprint.ofAnIrqfd()));
    }
    Report report = Report.of(Machine.here(), scale(), results);
    Files.writeString(out.resolve("figures.txt"), report.text());
    Files.writeString(out.resolve("figures.json"), report.json());
    Files.writeString(out.resolve("figures.md"), report.markdown());
    say("");
    say(report.text());
    return quick || report.missed() == 0 ? CommandLine.ExitCode.OK : MISSED;
  }

  private Pattern wanted() {
    try {
      return Pattern.compile(only);
    } catch (PatternSyntaxException wrong) {
      throw new ParameterException(
          command(), "--only " + only + " is no regular expression: " + wrong.getDescription());
    }
  }

  private CommandLine command() {
    if (spec == null) {
      throw new IllegalStateException("picocli has not run this command");
    }
    return spec.commandLine();
  }

  private void say(String line) {
    PrintWriter console = command().getOut();
    console.println(line);
    console.flush();
  }

  private List<Session> sessions() {
    Integer[] sizes =
        quick ? new Integer[] {1_000} : new Integer[] {1_000, 10_000, 100_000, 1_000_000};
    Integer[] irqfds =
        quick ? new Integer[] {1_000} : new Integer[] {100, 1_000, 10_000, 100_000, 1_000_000};
    List<Session> sessions = new ArrayList<>();
    sessions.add(Session.of(MAPS, Parameter.of("pairs", quick ? SMALL_AND_LARGE : sizes)));
    sessions.add(Session.of("Limits"));
    sessions.add(Session.of("Tracing"));
    sessions.add(
        Session.of("RegistryPairs\\.(register|unregister|touch)$", Parameter.of("pairs", sizes)));
    sessions.add(Session.of("RegistryPairs\\.(comeAndGo|touchBoth)", Parameter.of("pairs", sizes)));
    sessions.add(Session.of("PostedWay"));
    sessions.add(Session.of("ForwardedWay"));
    sessions.add(Session.of("SoftwareWay", Parameter.of("vectors", 128)));
    sessions.add(
        Session.of("IrqfdBinding", Parameter.of("irqfds", irqfds), Parameter.of("vms", 1)));
    if (!quick) {
      sessions.add(Session.of("SoftwareWay\\.raise$", Parameter.of("vectors", 2_048)));
      sessions.add(
          Session.of(
              "IrqfdBinding", Parameter.of("irqfds", 10_000), Parameter.of("vms", 100, 10_000)));
      sessions.add(Session.of("Routing", Parameter.of("entries", 1, 256)));
      sessions.add(Session.of("StormOfIrqfds", Parameter.of("vms", 2)));
    }
    sessions.add(Session.of("Routing", Parameter.of("entries", 4_096)));
    sessions.add(Session.of("StormOfIrqfds", Parameter.of("vms", 100)));
    return sessions;
  }

  private void run(Session session, PrintStream jmh) throws RunnerException {
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("\\." + session.benchmarks())
            .addProfiler(GCProfiler.class)
            .forks(1)
            .shouldFailOnError(true)
            .jvmArgsAppend("-Xms4g", "-Xmx4g", "-Xmn2g", "-XX:+AlwaysPreTouch");
    if (!only.isEmpty() && !session.benchmarks().equals(MAPS)) {
      options.exclude("^(?!.*(?:" + only + "))");
    }
    for (Parameter parameter : session.parameters()) {
      options.param(parameter.name(), parameter.values().toArray(new String[0]));
    }
    boolean single = session.benchmarks().startsWith("Storm");
    if (quick) {
      options.warmupIterations(single ? 1 : 2).measurementIterations(2);
    } else if (!single) {
      options.warmupIterations(4).measurementIterations(5);
    }
    if (!single) {
      TimeValue time = TimeValue.milliseconds(quick ? 100 : 400);
      options.warmupTime(time).measurementTime(time);
    }
    OutputFormat format = OutputFormatFactory.createFormatInstance(jmh, VerboseMode.NORMAL);
    Collection<RunResult> measured;
    try {
      measured = new Runner(options.build(), format).run();
    } catch (NoBenchmarksException notWanted) {
      return;
    }
    for (RunResult one : measured) {
      BenchmarkParams params = one.getParams();
      StringBuilder name = new StringBuilder(shortName(params.getBenchmark()));
      for (String key : params.getParamsKeys()) {
        name.append(' ').append(key).append('=').append(params.getParam(key));
      }
      var primary = one.getPrimaryResult();
      var allocated = one.getSecondaryResults().get(ALLOCATED);
      add(
          name.toString(),
          new Result(
              primary.getScore(),
              primary.getScoreError(),
              allocated == null ? Double.NaN : allocated.getScore()));
    }
  }

  private static String shortName(String benchmark) {
    int method = benchmark.lastIndexOf('.');
    return benchmark.substring(benchmark.lastIndexOf('.', method - 1) + 1);
  }

  private void add(String name, Result result) {
    results.add(name, result);
    say(String.format(Locale.ROOT, "  %-50s %,14.1f", name, result.figure()));
  }

  private void storm() {
    Histogram waits = new Histogram(3);
    try (Storm storm = new Storm(Storm.IRQFDS, STORM_VMS)) {
      for (int i = 0; i < (quick ? 1 : STORMS); i++) {
        waits = storm.makeAndTime(); // the last one counts: the first ones are compiled meanwhile
        storm.checkMade();
        storm.unmake();
        storm.checkUnmade();
      }
    }
    add("Storm.mean", Result.of(waits.getMean()));
    add("Storm.p50", Result.of((double) waits.getValueAtPercentile(50)));
    add("Storm.p99", Result.of((double) waits.getValueAtPercentile(99)));
    add("Storm.p99.9", Result.of((double) waits.getValueAtPercentile(99.9)));
    add("Storm.p100", Result.of((double) waits.getMaxValue()));
  }

  private void explore() {
    RegistryProtocol.Speed part = RegistryProtocol.part(quick ? 10_000 : EXPLORED);
    add("RegistryProtocol.states", Result.of(part.states() / part.seconds()));
    add("RegistryProtocol.schedules", Result.of(part.schedules() / part.seconds()));
    if (!quick) {
      RegistryProtocol.Speed verdict = RegistryProtocol.verdict();
      add("RegistryProtocol.verdict", Result.of(verdict.seconds()));
      add("RegistryProtocol.reduced", Result.of(verdict.states() / verdict.seconds()));
    }
  }

  private Scale scale() {
    return Scale.of(maps(SMALL_AND_LARGE[0]), maps(SMALL_AND_LARGE[1]));
  }

  private double maps(int pairs) {
    return results
        .of("TwoMaps.putAndRemove pairs=" + pairs)
        .orElseThrow(() -> new IllegalStateException("the maps did not run"))
        .figure();
  }
}
