package org.irqbypass.scenario;

import com.google.common.collect.ImmutableMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The first line of a recording.
 *
 * @param kernel its release, such as {@code 6.1.192}
 * @param profile which kernel's rules it followed
 * @param platform such as {@code x86-remapped}; one that does not exist can be read all the same
 * @param platformPosition where the platform stands
 * @param trace false: only results were recorded
 * @param devices what each device has, by name
 * @param vmm which virtual machine monitor ran, or null
 */
public record RecordingMeta(
    String kernel,
    KernelProfile profile,
    String platform,
    Position platformPosition,
    boolean trace,
    ImmutableMap<String, DeviceDescription> devices,
    @Nullable String vmm) {
  static RecordingMeta of(Node.Mapping line, Map<String, DeviceDescription> besides) {
    Node.Mapping meta = line.entry("meta").asMapping("meta");
    return new RecordingMeta(
        meta.text("kernel", "unknown"),
        KernelProfile.of(meta.text("profile"), meta.entry("profile").position()),
        meta.text("platform"),
        meta.entry("platform").position(),
        meta.flag("trace", true),
        Devices.of(meta.entryOrNull("devices"), besides),
        meta.textOrNull("vmm"));
  }
}
