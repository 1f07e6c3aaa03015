package org.irqbypass.scenario;

import com.google.common.collect.ImmutableMap;
import org.irqbypass.registry.ConnectPolicy;
import org.jspecify.annotations.Nullable;

/**
 * What a host is made of. Immutable.
 *
 * @param platform such as {@code x86-posted}; see {@link Platforms}
 * @param profile which kernel it runs
 * @param automatic the policy with which VFIO and KVM register by themselves: {@code OPPORTUNISTIC}
 *     as Linux, {@code RETRY}, or {@code DISABLED} for the explicit contenders
 * @param devices what each device has, by name
 * @param losesLevelAtEnable whether the machine loses a level that is high at the moment INTx is
 *     enabled, as the emulated x86 machine of the recordings does; hardware interrupts at once
 * @param traced whether outcomes carry the events they caused; without, a run is faster
 */
public record HostOptions(
    String platform,
    KernelProfile profile,
    ConnectPolicy automatic,
    ImmutableMap<String, DeviceDescription> devices,
    boolean losesLevelAtEnable,
    boolean traced) {
  /**
   * The host on which a scenario runs unless told otherwise: a kernel that has the explicit
   * attributes and the producers of wired interrupts, so that every contender can be run on it.
   *
   * @param scenario names platform, profile and devices
   * @return options with the policy of Linux, traced
   */
  public static HostOptions of(Scenario scenario) {
    return new HostOptions(
        scenario.platform(),
        scenario.profile().withExplicitForwarding().withWiredProducers(),
        ConnectPolicy.OPPORTUNISTIC,
        scenario.devices(),
        false,
        true);
  }

  /**
   * The host that was recorded: released Linux, without either.
   *
   * @param recording its first line names platform, profile and devices
   * @return options with the policy of Linux, traced
   */
  public static HostOptions of(Recording recording) {
    return of(recording, null);
  }

  /**
   * The host that was recorded, or the same with another kernel.
   *
   * @param recording its first line names platform, profile unless it is given, and devices
   * @param profile which kernel; null: the recorded one
   * @return options with the policy of Linux, traced
   * @throws InputException if no profile is given and the recording names none
   */
  static HostOptions of(Recording recording, @Nullable KernelProfile profile) {
    RecordingMeta meta = recording.meta();
    return new HostOptions(
        meta.platform(),
        profile == null ? meta.profile() : profile,
        ConnectPolicy.OPPORTUNISTIC,
        meta.devices(),
        !Platforms.isArm(meta.platform()),
        true);
  }

  /**
   * The same host on other hardware.
   *
   * @param other such as {@code x86-posted}
   * @return changed options
   */
  public HostOptions withPlatform(String other) {
    return new HostOptions(other, profile, automatic, devices, losesLevelAtEnable, traced);
  }

  /**
   * The same host with another kernel.
   *
   * @param other the profile
   * @return changed options
   */
  public HostOptions withProfile(KernelProfile other) {
    return new HostOptions(platform, other, automatic, devices, losesLevelAtEnable, traced);
  }

  /**
   * The same host with another policy of automatic registrations.
   *
   * @param other the policy
   * @return changed options
   */
  public HostOptions withAutomatic(ConnectPolicy other) {
    return new HostOptions(platform, profile, other, devices, losesLevelAtEnable, traced);
  }

  /**
   * The same host, traced or not.
   *
   * @param other whether outcomes carry events
   * @return changed options
   */
  public HostOptions withTracing(boolean other) {
    return new HostOptions(platform, profile, automatic, devices, losesLevelAtEnable, other);
  }
}
