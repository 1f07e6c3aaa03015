package org.irqbypass.scenario;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.function.Supplier;
import org.irqbypass.host.ForwardingPlatform;
import org.irqbypass.host.GuestModePlatform;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.PostedPlatform;
import org.irqbypass.host.RemappedPlatform;
import org.irqbypass.host.VirtualLpiPlatform;
import org.irqbypass.kvm.Architecture;
import org.irqbypass.kvm.arm64.Arm64;
import org.irqbypass.kvm.arm64.GicHardware;
import org.irqbypass.kvm.x86.X86;

/** The host platforms, by name. */
public final class Platforms {
  private static final ImmutableMap<String, Supplier<HostPlatform>> EXISTING =
      ImmutableMap.of(
          "x86-remapped", () -> new RemappedPlatform("x86-remapped"),
          "x86-posted", () -> new PostedPlatform("x86-posted"),
          "x86-avic", () -> new GuestModePlatform("x86-avic"),
          "arm64-gicv2", () -> new ForwardingPlatform("arm64-gicv2"),
          "arm64-gicv3", () -> new ForwardingPlatform("arm64-gicv3"),
          "arm64-gicv4", () -> new VirtualLpiPlatform("arm64-gicv4"));

  private Platforms() {}

  /**
   * The platforms that exist.
   *
   * @return their names
   */
  public static ImmutableSet<String> existing() {
    return EXISTING.keySet();
  }

  /**
   * Whether a platform exists.
   *
   * @param name such as {@code x86-posted}
   * @return false if it does not
   */
  public static boolean exists(String name) {
    return EXISTING.containsKey(name);
  }

  /**
   * Whether a platform's machines are 64-bit Arm.
   *
   * @param name such as {@code arm64-gicv3}
   * @return true for Arm
   */
  static boolean isArm(String name) {
    return name.startsWith("arm64-");
  }

  /** What kind of guests a platform that exists runs. */
  static Architecture architecture(String name) {
    return switch (name) {
      case "arm64-gicv2" -> new Arm64(GicHardware.GICV2);
      case "arm64-gicv3" -> new Arm64(GicHardware.GICV3);
      case "arm64-gicv4" -> new Arm64(GicHardware.GICV4);
      default -> new X86();
    };
  }

  /**
   * Makes a platform's hardware.
   *
   * @param name such as {@code x86-posted}
   * @return the hardware, of one host
   * @throws PlatformException if it does not exist
   */
  public static HostPlatform make(String name) {
    Supplier<HostPlatform> platform = EXISTING.get(name);
    if (platform != null) {
      return platform.get();
    }
    throw new PlatformException(unknown(name));
  }

  /**
   * Refuses the name of a platform nobody has heard of, where it was written.
   *
   * @throws InputException if it does not exist
   */
  static void check(String name, Position position) {
    if (!exists(name)) {
      throw new InputException(position, unknown(name));
    }
  }

  private static String unknown(String name) {
    return InputException.quote(name)
        + " is no platform; there are "
        + String.join(", ", existing())
        + Suggestion.of(name, existing());
  }
}
