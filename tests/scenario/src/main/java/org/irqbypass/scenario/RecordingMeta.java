package org.irqbypass.scenario;

import com.google.common.collect.ImmutableMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The first line of a recording.
 *
 * @param kernel its release, such as {@code 6.1.192}
 * @param namedProfile which kernel's rules it followed; null: it does not say so
 * @param platform such as {@code x86-remapped}; one that does not exist can be read all the same
 * @param position where this stands
 * @param platformPosition where the platform stands
 * @param trace false: only results were recorded
 * @param devices what each device has, by name
 * @param vmm which virtual machine monitor ran, or null
 */
public record RecordingMeta(
    String kernel,
    @Nullable KernelProfile namedProfile,
    String platform,
    Position position,
    Position platformPosition,
    boolean trace,
    ImmutableMap<String, DeviceDescription> devices,
    @Nullable String vmm) {
  static RecordingMeta of(Node.Mapping line, Map<String, DeviceDescription> besides) {
    Node.Mapping meta = line.entry("meta").asMapping("meta");
    Node profile = meta.entryOrNull("profile");
    return new RecordingMeta(
        meta.text("kernel", "unknown"),
        profile == null ? null : KernelProfile.of(profile.asText("profile"), profile.position()),
        meta.text("platform"),
        meta.position(),
        meta.entry("platform").position(),
        meta.flag("trace", true),
        Devices.of(meta.entryOrNull("devices"), besides),
        meta.textOrNull("vmm"));
  }

  /**
   * Which kernel's rules the recording followed.
   *
   * @return the profile it names
   * @throws InputException if it names none
   */
  public KernelProfile profile() {
    if (namedProfile == null) {
      throw new InputException(position, "profile is missing");
    }
    return namedProfile;
  }
}
