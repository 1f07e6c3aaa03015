package org.irqbypass.scenario;

import com.google.common.collect.ImmutableMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The first line of a recording.
 *
 * @param kernel its release, such as {@code 6.1.192}
 * @param profile which kernel's rules it followed
 * @param platform such as {@code x86-remapped}
 * @param trace false: only results were recorded
 * @param devices what each device has, by name
 * @param vmm which virtual machine monitor ran, or null
 */
public record RecordingMeta(
    String kernel,
    KernelProfile profile,
    String platform,
    boolean trace,
    ImmutableMap<String, DeviceDescription> devices,
    @Nullable String vmm) {
  static RecordingMeta of(Node.Mapping line, Map<String, DeviceDescription> besides) {
    Node.Mapping meta = line.entry("meta").asMapping("meta");
    return new RecordingMeta(
        meta.text("kernel", "unknown"),
        KernelProfile.of(meta.text("profile"), meta.entry("profile").position()),
        meta.text("platform"),
        meta.flag("trace", true),
        Devices.of(meta.entryOrNull("devices"), besides),
        meta.textOrNull("vmm"));
  }
}
