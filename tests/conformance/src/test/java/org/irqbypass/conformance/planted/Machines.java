package org.irqbypass.conformance.planted;

/** How the scenarios of planted bugs begin: a machine, a guest and a device. */
final class Machines {
  static final String TRIGGER =
      "vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1 fds=";

  /** A host that posts messages. Ends in a list of the monitor's steps. */
  static final String POSTED =
      """
      name: planted
      platform: x86-posted
      devices: {nic: {msix: 2, reset: true}}
      explore: {from: races, until: end}
      steps:
        - vmm:
            - vm.new vm=v0
            - vm.irqchip vm=v0
            - vm.vcpu vm=v0 vcpu=0
            - dev.open dev=nic
            - ef.new fd=e0
            - ef.new fd=e1
        - guest:
            - kvm.lapic_setup vm=v0 vcpu=0
            - guest.enter vm=v0 vcpu=0
        - vmm:
            - kvm.routing vm=v0 entries=msi:24:0xfee00000:0x41;msi:25:0xfee00000:0x42
      """;

  /** A host that delivers messages as virtual LPIs. Ends in a list of the monitor's steps. */
  static final String VIRTUAL_LPIS =
      """
      name: planted
      platform: arm64-gicv4
      profile: {PROFILE}
      devices: {nic: {msix: 2, reset: true}}
      explore: {from: races, until: end}
      steps:
        - vmm:
            - vm.new vm=v0
            - vm.vgic vm=v0 vcpus=1
            - dev.open dev=nic
            - ef.new fd=e0
        - guest:
            - its.cmd vm=v0 cmd=MAPD devid=32
            - its.cmd vm=v0 cmd=MAPTI devid=32 event=0 lpi=8192 col=0
            - its.cmd vm=v0 cmd=MAPTI devid=32 event=1 lpi=8193 col=0
            - guest.enter vm=v0 vcpu=0
        - vmm:
            - kvm.routing vm=v0 entries=msi:24:0x08090040:0:0:1:32
      """;

  /** A host that forwards wired interrupts. */
  static final String WIRED =
      """
      name: planted
      platform: arm64-gicv3
      devices: {uart: {platform: [level], reset: true}}
      explore: {from: races, until: end}
      steps:
        - vmm:
            - vm.new vm=v0
            - vm.vgic vm=v0 vcpus=1
            - dev.open dev=uart
            - ef.new fd=trigger
            - ef.new fd=resample
            - vfio.set_irqs dev=uart index=0 flags=DATA_EVENTFD|ACTION_UNMASK start=0 count=1 fds=resample
            - vfio.set_irqs dev=uart index=0 flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1 fds=trigger
        - guest:
            - spi.cfg vm=v0 spi=10 edge=0 enable=1
            - guest.enter vm=v0 vcpu=0
      """;

  /** The line rises, and is served; the irqfd is made before. */
  static final String LINE_RISES =
      """
        - mark: races
        - vmm: kvm.irqfd vm=v0 fd=trigger gsi=10 flags=RESAMPLE resamplefd=resample
        - device: irq.raise dev=uart index=0 level=1
        - guest: guest.take vm=v0 vcpu=0
        - device: irq.raise dev=uart index=0 level=0
        - guest: guest.end vm=v0 vcpu=0
      """;

  private Machines() {}
}
