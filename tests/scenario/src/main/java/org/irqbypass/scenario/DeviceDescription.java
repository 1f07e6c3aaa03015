package org.irqbypass.scenario;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.irqbypass.host.Trigger;
import org.jspecify.annotations.Nullable;

/**
 * What a device has: all that must be known of it to answer VFIO's calls. Read from {@code
 * meta.devices} of a recording, {@code devices} of a scenario, or {@code --device}. Immutable.
 *
 * @param intx interrupts of index INTX, 0 or 1
 * @param msi interrupts of index MSI
 * @param msix interrupts of index MSIX
 * @param err interrupts of index ERR, 0 or 1; 0: the device is no PCIe device, and the index
 *     invalid
 * @param req interrupts of index REQ: 1 of every PCI device
 * @param reset whether VFIO_DEVICE_RESET works
 * @param msiAllocatable how many MSIs the host can allocate at once; 0: as many as there are
 * @param platform the triggers of a platform device's interrupts, one an index; null: a PCI device
 * @param amba whether the platform device is an AMBA device
 */
public record DeviceDescription(
    int intx,
    int msi,
    int msix,
    int err,
    int req,
    boolean reset,
    int msiAllocatable,
    @Nullable ImmutableList<Trigger> platform,
    boolean amba) {
  /** Of PCI devices: how many interrupts at most, by key. */
  static final ImmutableMap<String, Integer> COUNTS =
      ImmutableMap.of("intx", 1, "msi", 32, "msix", 2048, "err", 1, "req", 1, "msiAllocatable", 32);

  /** What is counted, for people. */
  static final ImmutableMap<String, String> MEANINGS =
      ImmutableMap.of(
          "intx", "Interrupts of index INTX.",
          "msi", "Interrupts of index MSI.",
          "msix", "Interrupts of index MSIX.",
          "err", "Interrupts of index ERR; none: it is no PCIe device.",
          "req", "Interrupts of index REQ: 1 of every PCI device.",
          "msiAllocatable",
              "How many MSIs the host can allocate at once; 0: as many as there are.");

  private static final ImmutableList<String> KEYS =
      ImmutableList.<String>builder()
          .addAll(COUNTS.keySet())
          .add("reset", "platform", "amba")
          .build();

  /**
   * Reads a description from one line.
   *
   * @param text such as {@code intx:1,msi:16,msix:0,err:1,req:1,reset:true}; {@code err:none}: no
   *     PCIe device. Of a platform device {@code platform:level} or {@code platform:edge}, once for
   *     each interrupt, or {@code platform:none}
   * @return the device
   * @throws InputException if it is none, with what was expected
   */
  public static DeviceDescription parse(String text) {
    Position position = new Position(InputException.quote(text), 0, 0);
    Map<String, Node> entries = new LinkedHashMap<>();
    List<Node> triggers = new ArrayList<>();
    for (String part : Splitter.on(',').split(text)) {
      int colon = part.indexOf(':');
      if (colon < 0) {
        throw new InputException(
            position, InputException.quote(part) + " is no KEY:VALUE, such as msi:16");
      }
      String key = part.substring(0, colon);
      Node value = Node.Scalar.of(part.substring(colon + 1), position);
      if (!key.equals("platform")) {
        if (entries.put(key, value) != null) {
          throw new InputException(position, key + " is there twice");
        }
        continue;
      }
      if (!value.isNull()) {
        triggers.add(value);
      }
      entries.put(key, new Node.Sequence(ImmutableList.copyOf(triggers), position));
    }
    return of(new Node.Mapping(ImmutableMap.copyOf(entries), position), "the device");
  }

  static DeviceDescription of(Node node, String device) {
    Node.Mapping map = node.asMapping(device);
    map.only(KEYS, device);
    Node platform = map.entryOrNull("platform");
    return platform == null ? pci(map, device) : platform(map, platform, device);
  }

  private static DeviceDescription pci(Node.Mapping map, String device) {
    if (map.flag("amba", false)) {
      throw map.entry("amba")
          .wrong("amba", "a platform device, and " + device + " has no platform");
    }
    if (count(map, "req", 1) == 0) {
      throw map.entry("req").wrong("req", "1, which every PCI device has");
    }
    return new DeviceDescription(
        count(map, "intx", 0),
        count(map, "msi", 0),
        count(map, "msix", 0),
        count(map, "err", 0),
        1,
        map.flag("reset", false),
        count(map, "msiAllocatable", 0),
        null,
        false);
  }

  private static DeviceDescription platform(Node.Mapping map, Node platform, String device) {
    for (String key : COUNTS.keySet()) {
      if (count(map, key, 0) > 0) {
        throw map.entry(key).wrong(key, "none, since " + device + " is a platform device");
      }
    }
    ImmutableList.Builder<Trigger> triggers = ImmutableList.builder();
    for (Node trigger : platform.asItems("platform")) {
      triggers.add(trigger(trigger));
    }
    return new DeviceDescription(
        0, 0, 0, 0, 0, map.flag("reset", false), 0, triggers.build(), map.flag("amba", false));
  }

  private static int count(Node.Mapping map, String key, int otherwise) {
    int count = map.count(key, otherwise);
    int most = COUNTS.getOrDefault(key, 0);
    if (count > most) {
      throw map.entry(key).wrong(key, "at most " + most);
    }
    if (key.equals("msi") && Integer.bitCount(count) > 1) {
      throw map.entry(key).wrong(key, "0 or a power of two, as PCI counts them");
    }
    return count;
  }

  private static Trigger trigger(Node node) {
    return switch (node.asText("platform")) {
      case "level" -> Trigger.LEVEL;
      case "edge" -> Trigger.EDGE;
      default -> throw node.wrong("platform", "level or edge");
    };
  }

  /**
   * Whether the device sits on no bus that could be asked.
   *
   * @return true for a platform device
   */
  public boolean isPlatform() {
    return platform != null;
  }

  /**
   * The triggers of wired interrupts, one an index.
   *
   * @return of a PCI device, none
   */
  public ImmutableList<Trigger> triggers() {
    return platform == null ? ImmutableList.of() : platform;
  }
}
