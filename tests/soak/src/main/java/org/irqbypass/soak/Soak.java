package org.irqbypass.soak;

import java.io.PrintWriter;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import java.util.concurrent.Callable;
import picocli.CommandLine;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.ParameterException;
import picocli.CommandLine.Spec;

/** The command line: so many interrupts, with reconfiguration going on. */
@Command(
    name = "soak",
    mixinStandardHelpOptions = true,
    description =
        "Raises interrupts on every platform while everything is reconfigured, and accounts for"
            + " each of them.",
    exitCodeListHeading = "Exit status:%n",
    exitCodeList = {
      "0:the account balances and the heap is flat",
      "1:something broke",
      "2:the command line is wrong",
      "12:an interrupt was lost or duplicated, or the heap grew"
    })
public final class Soak implements Callable<Integer> {
  /** The exit status of an account that does not balance: as TLC's of a safety violation. */
  static final int UNSOUND = 12;

  @Spec private CommandSpec spec = CommandSpec.create();

  @Option(
      names = "--interrupts",
      paramLabel = "N",
      defaultValue = "100000000",
      description = "how many to raise at least (${DEFAULT-VALUE})")
  private long interrupts;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "0",
      description = "when to end at the latest; 0: when all are raised (${DEFAULT-VALUE})")
  private long seconds;

  @Option(
      names = "--seed",
      paramLabel = "N",
      defaultValue = "1",
      description = "of the random choices; threads race all the same (${DEFAULT-VALUE})")
  private long seed;

  @Option(
      names = "--threads",
      paramLabel = "N",
      defaultValue = "2",
      description =
          "threads that interrupt; each has one beside it that reconfigures (${DEFAULT-VALUE})")
  private int threads;

  /** Makes the command; picocli sets its options. */
  public Soak() {}

  /**
   * Runs the command.
   *
   * @param arguments {@code --help} tells them
   */
  public static void main(String[] arguments) {
    System.exit(new CommandLine(new Soak()).execute(arguments));
  }

  @Override
  public Integer call() throws InterruptedException {
    check(interrupts >= 1, "--interrupts must be 1 or more");
    check(seconds >= 0, "--seconds must be 0 or more");
    check(
        threads >= 1 && threads <= Machine.values().length,
        "--threads must be from 1 to " + Machine.values().length);
    Report report = run(sites(seed), threads, interrupts, seconds);
    PrintWriter out = spec.commandLine().getOut();
    out.print(report.text());
    out.flush();
    return report.isSound() ? 0 : UNSOUND;
  }

  private void check(boolean condition, String otherwise) {
    if (!condition) {
      throw new ParameterException(spec.commandLine(), otherwise);
    }
  }

  /** A site of each kind of machine. */
  static List<Site> sites(long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    List<Site> sites = new ArrayList<>();
    for (Machine machine : Machine.values()) {
      sites.add(new Site(machine, machine.platform(), random.nextLong()));
    }
    return sites;
  }

  /** Drives the sites, and closes them. */
  static Report run(List<Site> sites, int threads, long interrupts, long seconds)
      throws InterruptedException {
    HeapWatch heap = new HeapWatch();
    try {
      long nanos = new Load(sites, threads, interrupts, seconds, heap).run();
      return new Report(sites, heap, nanos);
    } finally {
      sites.forEach(Site::close);
    }
  }
}
