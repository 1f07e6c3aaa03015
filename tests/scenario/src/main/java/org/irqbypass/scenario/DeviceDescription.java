package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import org.irqbypass.host.Trigger;

/**
 * What a device has: all that must be known of it to answer VFIO's calls. Read from {@code
 * meta.devices} of a recording or {@code devices} of a scenario. Immutable.
 *
 * @param intx interrupts of index INTX, 0 or 1
 * @param msi interrupts of index MSI
 * @param msix interrupts of index MSIX
 * @param err interrupts of index ERR; -1: the device is no PCIe device, and the index invalid
 * @param req interrupts of index REQ
 * @param reset whether VFIO_DEVICE_RESET works
 * @param msiAllocatable how many MSIs the host can allocate at once; 0: as many as there are
 * @param platform the triggers of a platform device's interrupts, one an index; empty: a PCI device
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
    ImmutableList<Trigger> platform,
    boolean amba) {
  private static final ImmutableList<String> KEYS =
      ImmutableList.of(
          "intx", "msi", "msix", "err", "req", "reset", "msiAllocatable", "platform", "amba");

  /** More interrupts of one index than this no device has. */
  private static final int MOST = 2048;

  /**
   * Whether the device sits on no bus that could be asked.
   *
   * @return true for a platform device
   */
  public boolean isPlatform() {
    return !platform.isEmpty();
  }

  static DeviceDescription of(Node node, String name) {
    Node.Mapping map = node.asMapping("device " + name);
    map.only(KEYS, "device " + name);
    ImmutableList.Builder<Trigger> triggers = ImmutableList.builder();
    Node platform = map.entryOrNull("platform");
    if (platform != null) {
      for (Node trigger : platform.asItems("platform")) {
        triggers.add(trigger(trigger));
      }
    }
    Node err = map.entries().get("err");
    boolean noErr = err instanceof Node.Scalar scalar && scalar.kind() == Node.Kind.NULL;
    return new DeviceDescription(
        count(map, "intx", 1),
        count(map, "msi", 32),
        count(map, "msix", MOST),
        noErr ? -1 : count(map, "err", 1),
        count(map, "req", 1),
        map.flag("reset", false),
        count(map, "msiAllocatable", 32),
        triggers.build(),
        map.flag("amba", false));
  }

  private static int count(Node.Mapping map, String key, int most) {
    int count = map.count(key, 0);
    if (count > most) {
      throw map.entry(key).wrong(key, "at most " + most);
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
}
