package org.irqbypass.concurrency;

import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Set;
import java.util.TreeSet;
import org.openjdk.jcstress.JCStress;
import org.openjdk.jcstress.Options;
import org.openjdk.jcstress.annotations.Expect;
import org.openjdk.jcstress.infra.StateCase;
import org.openjdk.jcstress.infra.Status;
import org.openjdk.jcstress.infra.TestInfo;
import org.openjdk.jcstress.infra.collectors.DiskReadCollector;
import org.openjdk.jcstress.infra.collectors.InProcessCollector;
import org.openjdk.jcstress.infra.collectors.TestResult;
import org.openjdk.jcstress.infra.runners.TestList;

/**
 * Runs the suites, and keeps how many samples were taken and how many were forbidden. The arguments
 * are jcstress's own; the evidence is written beside its report ({@code -r}).
 */
public final class Suites {
  private static final int ACTORS = 2;

  private long samples;
  private long forbidden;
  private long errors;
  private final Set<String> tests = new TreeSet<>();

  private Suites() {}

  /**
   * Runs them. Exits with 1 if an outcome was forbidden or a suite could not be run.
   *
   * @param arguments of jcstress
   * @throws Exception what jcstress throws
   */
  public static void main(String[] arguments) throws Exception {
    Options options = new Options(arguments);
    if (!options.parse()) {
      System.exit(2);
    }
    if (options.shouldList()) {
      new JCStress(options).run();
      return;
    }
    if (options.getCPUCount() < ACTORS) {
      System.out.println("Each suite needs two processors: nothing was tried.");
      return;
    }
    Path report = Path.of(options.getResultDest());
    PrintStream console = System.out;
    Path words = report.resolveSibling(report.getFileName() + ".txt");
    Files.createDirectories(words.toAbsolutePath().getParent());
    console.println("jcstress runs; what it says goes to " + words);
    String failure = "";
    try (PrintStream log = new PrintStream(words.toFile(), StandardCharsets.UTF_8)) {
      System.setOut(log);
      new JCStress(options).run();
    } catch (AssertionError failed) { // its way to tell of a failed suite, after its report
      failure = String.valueOf(failed.getMessage());
    } finally {
      System.setOut(console);
    }
    Suites suites = new Suites();
    suites.read(options.getResultFile());
    suites.evidence().write(report.resolveSibling(report.getFileName() + ".json"));
    console.printf(
        "%d suites, %,d samples, %,d of them forbidden; %d runs ended in an error%n%s",
        suites.tests.size(), suites.samples, suites.forbidden, suites.errors, failure);
    System.exit(failure.isEmpty() && suites.forbidden + suites.errors == 0 ? 0 : 1);
  }

  private void read(String results) throws IOException, ClassNotFoundException {
    InProcessCollector collected = new InProcessCollector();
    DiskReadCollector disk = new DiskReadCollector(results, collected);
    disk.dump();
    disk.close();
    for (TestResult result : collected.getTestResults()) {
      tests.add(result.getName());
      samples += result.getTotalCount();
      forbidden += forbidden(result);
      errors += result.status() == Status.NORMAL ? 0 : 1;
    }
  }

  private static long forbidden(TestResult result) {
    TestInfo test = TestList.getInfo(result.getName());
    long count = 0;
    for (String state : result.getStateKeys()) {
      if (graded(test, state).expect() == Expect.FORBIDDEN) {
        count += result.getCount(state);
      }
    }
    return count;
  }

  /** As jcstress grades: a state's own words first, then those that are patterns. */
  private static StateCase graded(TestInfo test, String state) {
    for (StateCase known : test.cases()) {
      if (known.matchesExactly(state)) {
        return known;
      }
    }
    for (StateCase known : test.cases()) {
      if (known.matches(state)) {
        return known;
      }
    }
    return test.unmatched();
  }

  private Evidence evidence() {
    return new Evidence(
        "jcstress: publications on an interrupt's way",
        samples,
        "samples",
        forbidden + errors,
        tests.size() + " suites; found: forbidden outcomes and runs that ended in an error");
  }
}
