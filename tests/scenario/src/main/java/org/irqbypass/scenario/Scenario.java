package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.io.InputStream;
import java.nio.file.Path;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A story of one virtual machine monitor, its devices and its guests, written once and run by every
 * contender. Immutable.
 *
 * @param name short, for the command line
 * @param title one line
 * @param about what it shows
 * @param platform on which host it runs unless told otherwise
 * @param profile which kernel: Linux 6.17 unless it says otherwise
 * @param devices what each device has, by name
 * @param steps what happens, in the default order; each actor's own steps, in that order, are its
 *     program
 * @param explore which of these steps an explorer tries in other orders, and what it must find
 * @param storm the same at full size; null unless the scenario has one
 */
public record Scenario(
    String name,
    String title,
    String about,
    String platform,
    KernelProfile profile,
    ImmutableMap<String, DeviceDescription> devices,
    ImmutableList<Step> steps,
    Explore explore,
    @Nullable Storm storm) {
  /**
   * What an explorer tries and what it must find.
   *
   * @param confluent contenders with which all orders must end in the same state of forwarding
   * @param from the index of the first step whose order is open: those before it come first, as
   *     they are written
   * @param until the index of the first step whose order is fixed again: it and those after it come
   *     last, as they are written
   */
  public record Explore(ImmutableSet<String> confluent, int from, int until) {
    /** Who may be asked to be confluent: all that run scenarios, by the names reports call them. */
    public static final ImmutableSet<String> CONTENDERS =
        ImmutableSet.of("explicit-advised", "explicit-late", "automatic-linux", "automatic-retry");
  }

  /**
   * Irqfds of many x86 machines, made at the same time, paired with as many producers, and taken
   * apart again: a scenario's steps at a size that nobody writes out, and no explorer tries.
   *
   * @param irqfds how many there are in all, from 1 to {@link #MOST_IRQFDS}
   * @param machines among how many machines they are divided, each with a thread and a device: from
   *     1 to as many as there are irqfds, and enough for {@link #MOST_OF_A_MACHINE} each
   */
  public record Storm(int irqfds, int machines) {
    /** Linux's figures are of 174,000. */
    public static final int MOST_IRQFDS = 1_000_000;

    /** A device has no more MSI-X vectors. */
    public static final int MOST_OF_A_MACHINE = 2048;
  }

  /**
   * A scenario all of whose orders may be tried and from which nothing is demanded.
   *
   * @param name short, for the command line
   * @param title one line
   * @param about what it shows
   * @param platform on which host it runs unless told otherwise
   * @param profile which kernel
   * @param devices what each device has, by name
   * @param steps what happens, in the default order
   */
  public Scenario(
      String name,
      String title,
      String about,
      String platform,
      KernelProfile profile,
      ImmutableMap<String, DeviceDescription> devices,
      ImmutableList<Step> steps) {
    this(
        name,
        title,
        about,
        platform,
        profile,
        devices,
        steps,
        new Explore(ImmutableSet.of(), 0, steps.size()),
        null);
  }

  /**
   * One step.
   *
   * @param actor who takes it: {@code vmm}, {@code device}, {@code guest} or {@code host}, where
   *     there are several with a number or a word, such as {@code guest1} or {@code vmm-hotplug}
   * @param operation what it does
   * @param meanwhile whether it is taken before the VMM comes to its next call, also to one that
   *     only a contender makes because of what happened: its thread is slower than this one
   */
  public record Step(String actor, Operation operation, boolean meanwhile) {
    /**
     * A step in its turn.
     *
     * @param actor who takes it
     * @param operation what it does
     */
    public Step(String actor, Operation operation) {
      this(actor, operation, false);
    }
  }

  /**
   * Reads a scenario.
   *
   * @param file YAML
   * @return the scenario, checked: every operation is known and every device described
   * @throws InputException if it cannot be read or is none
   */
  public static Scenario read(Path file) {
    return read(file, ImmutableMap.of());
  }

  /**
   * Reads a scenario.
   *
   * @param file YAML
   * @param besides devices that it does not describe, or not so: these take precedence
   * @return the scenario, checked: every operation is known and every device described
   * @throws InputException if it cannot be read or is none
   */
  public static Scenario read(Path file, Map<String, DeviceDescription> besides) {
    try (BoundedInput input = BoundedInput.open(file)) {
      return ScenarioReader.read(input, besides);
    }
  }

  /**
   * Reads a scenario.
   *
   * @param source what complaints call it
   * @param stream YAML; is closed
   * @return the scenario, checked
   * @throws InputException if it cannot be read or is none
   */
  public static Scenario read(String source, InputStream stream) {
    return read(source, stream, ImmutableMap.of());
  }

  /**
   * Reads a scenario.
   *
   * @param source what complaints call it
   * @param stream YAML; is closed
   * @param besides devices that it does not describe, or not so: these take precedence
   * @return the scenario, checked
   * @throws InputException if it cannot be read or is none
   */
  public static Scenario read(
      String source, InputStream stream, Map<String, DeviceDescription> besides) {
    try (BoundedInput input = BoundedInput.open(source, stream)) {
      return ScenarioReader.read(input, besides);
    }
  }

  /**
   * Makes a scenario of a recorded session, so that a contender can run the same calls.
   *
   * @param name short, for the command line
   * @param title one line
   * @param about what it shows
   * @param meta the recording's first line
   * @param operations one case of it
   * @return calls as steps of {@code vmm}, arriving interrupts of {@code device}, what the guest
   *     does of {@code guest}; with the inputs that a session leaves out and its lines show: how
   *     the guest programmed its interrupt controllers, when a device lowered its line
   */
  public static Scenario of(
      String name,
      String title,
      String about,
      RecordingMeta meta,
      Iterable<RecordedOperation> operations) {
    ImmutableList.Builder<Step> steps = ImmutableList.builder();
    SessionInputs unrecorded = new SessionInputs(meta);
    for (RecordedOperation recorded : operations) {
      unrecorded.before(recorded).forEach(input -> steps.add(step(input)));
      steps.add(step(recorded.operation()));
      unrecorded.after(recorded).forEach(input -> steps.add(step(input)));
    }
    return new Scenario(
        name, title, about, meta.platform(), meta.profile(), meta.devices(), steps.build());
  }

  private static Step step(Operation operation) {
    return new Step(Actors.of(operation), operation);
  }

  /**
   * The same story on another host.
   *
   * @param otherPlatform such as {@code x86-posted}
   * @return a scenario with the same steps
   */
  public Scenario on(String otherPlatform) {
    return new Scenario(name, title, about, otherPlatform, profile, devices, steps, explore, storm);
  }

  /**
   * The same story, explored otherwise.
   *
   * @param otherStretch which steps are tried in other orders, and what must be found
   * @return a scenario with the same steps
   */
  public Scenario exploring(Explore otherStretch) {
    return new Scenario(name, title, about, platform, profile, devices, steps, otherStretch, storm);
  }
}
