package org.irqbypass.soak;

import java.util.ArrayList;
import java.util.List;
import org.irqbypass.host.ForwardingPlatform;
import org.irqbypass.host.GuestModePlatform;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.PostedPlatform;
import org.irqbypass.host.RemappedPlatform;
import org.irqbypass.host.Trigger;
import org.irqbypass.host.VirtualLpiPlatform;
import org.irqbypass.kvm.Architecture;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.arm64.Arm64;
import org.irqbypass.kvm.arm64.Arm64Vm;
import org.irqbypass.kvm.arm64.GicBringUp;
import org.irqbypass.kvm.arm64.GicHardware;
import org.irqbypass.kvm.arm64.Its;
import org.irqbypass.kvm.arm64.ItsCommand;
import org.irqbypass.kvm.x86.LocalApic;
import org.irqbypass.kvm.x86.X86;
import org.irqbypass.kvm.x86.X86Vcpu;

/** A kind of machine: its hardware, how a VM on it is booted, and which devices it has. */
enum Machine {
  X86_REMAPPED("x86-remapped", true),
  X86_POSTED("x86-posted", true),
  X86_POSTED_EXPLICIT("x86-posted, explicit", false),
  X86_AVIC("x86-avic", true),
  ARM64_GICV2_EXPLICIT("arm64-gicv2, explicit", false),
  ARM64_GICV3("arm64-gicv3", true),
  ARM64_GICV4("arm64-gicv4", true);

  /** How many vCPUs a VM has. */
  static final int VCPUS = 2;

  private static final int VECTORS = 8;
  private static final int WIRES = 8;
  private static final long APIC = 0xfee00000L;
  private static final long DOORBELL = GicBringUp.ITS_BASE + 0x10040;
  private static final int FIRST_VECTOR = 0x30;
  private static final int FIRST_LPI = 8192;
  private static final int FIRST_MESSAGE_GSI = 64;

  private final String label;
  private final boolean automatic;

  Machine(String label, boolean automatic) {
    this.label = label;
    this.automatic = automatic;
  }

  String label() {
    return label;
  }

  /** Whether the registry pairs by itself. */
  boolean isAutomatic() {
    return automatic;
  }

  private String platformName() {
    int comma = label.indexOf(',');
    return comma < 0 ? label : label.substring(0, comma);
  }

  /** Its hardware. */
  HostPlatform platform() {
    return switch (this) {
      case X86_REMAPPED -> new RemappedPlatform(platformName());
      case X86_POSTED, X86_POSTED_EXPLICIT -> new PostedPlatform(platformName());
      case X86_AVIC -> new GuestModePlatform(platformName());
      case ARM64_GICV2_EXPLICIT, ARM64_GICV3 -> new ForwardingPlatform(platformName());
      case ARM64_GICV4 -> new VirtualLpiPlatform(platformName());
    };
  }

  Architecture architecture() {
    return switch (this) {
      case X86_REMAPPED, X86_POSTED, X86_POSTED_EXPLICIT, X86_AVIC -> new X86();
      case ARM64_GICV2_EXPLICIT -> new Arm64(GicHardware.GICV2);
      case ARM64_GICV3 -> new Arm64(GicHardware.GICV3);
      case ARM64_GICV4 -> new Arm64(GicHardware.GICV4);
    };
  }

  /** Whether what hardware has pending is lost when an interrupt is no longer bypassed. */
  private boolean losesWhenTakenBack() {
    return this == ARM64_GICV4;
  }

  /** Makes a VM and boots its guest as far as taking interrupts. */
  Guest boot(Host host) {
    int vmFd = host.kvm.createVm();
    Vm vm = host.kvm.vm(vmFd);
    List<Integer> descriptors = new ArrayList<>(List.of(vmFd));
    switch (this) {
      case X86_REMAPPED, X86_POSTED, X86_POSTED_EXPLICIT, X86_AVIC -> {
        vm.createIrqchip();
        for (int id = 0; id < VCPUS; id++) {
          descriptors.add(vm.createVcpu(id));
          ((X86Vcpu) vm.vcpuById(id))
              .localApic()
              .setSpuriousVector(LocalApic.SOFTWARE_ENABLED | 0xff);
        }
      }
      case ARM64_GICV2_EXPLICIT, ARM64_GICV3, ARM64_GICV4 -> {
        boolean its = this == ARM64_GICV4;
        var opened = new GicBringUp(VCPUS, 64, its, its, its).bringUp(vm);
        descriptors.addAll(opened.vcpus());
        descriptors.add(opened.gic());
        if (its) {
          descriptors.add(opened.its());
        }
      }
    }
    return new Guest(host, vm, descriptors);
  }

  /** Its devices, plugged in and not yet bound to the guest. */
  List<Device> devices(Host host, Guest guest) {
    return switch (this) {
      case X86_REMAPPED, X86_POSTED, X86_POSTED_EXPLICIT, X86_AVIC ->
          List.of(
              messages(host, guest, "nic", 0, new ApicRoutes(FIRST_VECTOR)),
              messages(host, guest, "disk", 1, new ApicRoutes(FIRST_VECTOR + 2 * VECTORS)),
              new IntxDevice(host, guest, "serial"));
      case ARM64_GICV2_EXPLICIT, ARM64_GICV3 ->
          List.of(
              new WiredDevice(host, guest, "timer", Trigger.EDGE, WIRES, 8, automatic),
              new WiredDevice(host, guest, "sensor", Trigger.EDGE, WIRES, 8 + WIRES, automatic),
              new WiredDevice(host, guest, "uart", Trigger.LEVEL, 2, 8 + 2 * WIRES, automatic));
      case ARM64_GICV4 ->
          List.of(
              messages(host, guest, "nic", 0, new ItsRoutes(1, FIRST_LPI)),
              messages(host, guest, "disk", 1, new ItsRoutes(2, FIRST_LPI + VECTORS)));
    };
  }

  private MessageDevice messages(
      Host host, Guest guest, String name, int number, MessageDevice.Routes routes) {
    return new MessageDevice(
        host,
        guest,
        name,
        VECTORS,
        FIRST_MESSAGE_GSI + number * VECTORS,
        routes,
        automatic,
        losesWhenTakenBack());
  }

  /** Each line has a vector on each vCPU: its first route is to one, its second to the other. */
  private record ApicRoutes(int firstVector) implements MessageDevice.Routes {
    private int vector(int line, boolean second) {
      return firstVector + 2 * line + (second ? 1 : 0);
    }

    @Override
    public RoutingEntry route(int gsi, int line, boolean second) {
      int vcpu = (line + (second ? 1 : 0)) % VCPUS;
      return RoutingEntry.msi(gsi, APIC | (long) vcpu << 12, vector(line, second));
    }

    @Override
    public void means(Guest guest, int number, Line line) {
      guest.means(vector(number, false), line);
      guest.means(vector(number, true), line);
    }

    @Override
    public boolean moves(Guest guest, int line, boolean second) {
      return false;
    }
  }

  /** Each line is an event of the device, and the guest moves its LPI between two collections. */
  private record ItsRoutes(int devid, int firstLpi) implements MessageDevice.Routes {
    @Override
    public RoutingEntry route(int gsi, int line, boolean second) {
      return RoutingEntry.msi(gsi, DOORBELL, line, devid);
    }

    @Override
    public void means(Guest guest, int number, Line line) {
      if (number == 0) {
        its(guest).execute(new ItsCommand.Mapd(devid, 5, true));
      }
      its(guest).execute(new ItsCommand.Mapti(devid, number, firstLpi + number, number % VCPUS));
      guest.means(firstLpi + number, line);
    }

    @Override
    public boolean moves(Guest guest, int line, boolean second) {
      its(guest).execute(new ItsCommand.Movi(devid, line, (line + (second ? 1 : 0)) % VCPUS));
      return true;
    }

    private static Its its(Guest guest) {
      return Arm64Vm.of(guest.vm).itses().get(0);
    }
  }
}
