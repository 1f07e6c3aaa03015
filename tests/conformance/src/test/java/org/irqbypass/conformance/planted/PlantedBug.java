package org.irqbypass.conformance.planted;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import org.irqbypass.registry.Pairing;
import org.irqbypass.registry.PairingBugs;
import org.irqbypass.scenario.HostParts;
import org.irqbypass.scenario.Scenario;
import org.irqbypass.work.WorkQueue;

/**
 * A bug of section 13 of the semantics: the host that has it, and a few steps of which some order
 * shows it and the written one does not.
 */
enum PlantedBug {
  /** Does the trigger go first, or the irqfd? */
  DEASSIGN_LEAVES_POSTED(
      "13.1",
      Machines.POSTED
          + """
              - kvm.irqfd vm=v0 fd=e0 gsi=24
              - {TRIGGER}e0
          - mark: races
          - vmm: {TRIGGER}-1
          - vmm2: kvm.irqfd vm=v0 fd=e0 gsi=24 flags=DEASSIGN
          - device: irq.raise dev=nic index=MSIX vector=0
        """) {
    @Override
    HostParts parts() {
      return new StalePosting(StalePosting.When.IRQFD_GOES);
    }
  },

  /** Do the two ends meet first, or does the line rise? */
  FAILED_CONNECT_LEAVES_PRODUCER("13.2", Machines.WIRED + Machines.LINE_RISES) {
    @Override
    HostParts parts() {
      return pairing((linux, workQueue) -> PairingBugs.danglingProducer(linux));
    }
  },

  /** Does the guest empty its table before there is an irqfd, or under it? */
  MISSING_ROUTE_LEAVES_POSTED(
      "13.3",
      Machines.POSTED
          + """
              - {TRIGGER}e0
          - mark: races
          - vmm2:
              - kvm.routing vm=v0
              - kvm.routing vm=v0 entries=msi:24:0xfee00000:0x51
              - irq.raise dev=nic index=MSIX vector=0
          - vmm: kvm.irqfd vm=v0 fd=e0 gsi=24
          - guest: guest.run vm=v0 vcpu=0
        """) {
    @Override
    HostParts parts() {
      return new StalePosting(StalePosting.When.ROUTE_GOES);
    }
  },

  /** Is there a route before the irqfd, which is made, unmade and made again, or after? */
  FAILED_CONNECT_LEAVES_ENTRY(
      "13.4",
      Machines.WIRED
          + """
            - vmm: kvm.routing vm=v0 entries=irqchip:11:0:11
            - mark: races
            - vmm2: kvm.routing vm=v0 entries=irqchip:10:0:10
            - vmm:
                - kvm.irqfd vm=v0 fd=trigger gsi=10
                - kvm.irqfd vm=v0 fd=trigger gsi=10 flags=DEASSIGN
                - kvm.irqfd vm=v0 fd=trigger gsi=10
          """) {
    @Override
    HostParts parts() {
      return pairing((linux, workQueue) -> PairingBugs.entryLeftBehind(linux));
    }
  },

  /** As {@link #FAILED_CONNECT_LEAVES_PRODUCER}. */
  FAILED_CONNECT_SKIPS_START("13.5", Machines.WIRED + Machines.LINE_RISES) {
    @Override
    HostParts parts() {
      return pairing((linux, workQueue) -> PairingBugs.startSkipped(linux));
    }
  },

  /** Does the trigger go first, or the irqfd? */
  INTERRUPT_FREED_FIRST(
      "13.10",
      Machines.POSTED
          + """
              - kvm.irqfd vm=v0 fd=e0 gsi=24
              - {TRIGGER}e0
          - mark: races
          - vmm: kvm.irqfd vm=v0 fd=e0 gsi=24 flags=DEASSIGN
          - vmm2: {TRIGGER}-1
        """) {
    @Override
    HostParts parts() {
      return pairing(PairingBugs::interruptFreedFirst);
    }
  },

  /** A rule of Linux 6.1: does the route change before there is an irqfd, or under it? */
  ROUTE_CHANGE_LEAVES_VIRTUAL_LPI(
      "13.11",
      Machines.VIRTUAL_LPIS
          + """
              - {TRIGGER}e0
          - mark: races
          - vmm2:
              - kvm.routing vm=v0 entries=msi:24:0x08090040:1:0:1:32
              - irq.raise dev=nic index=MSIX vector=0
          - vmm: kvm.irqfd vm=v0 fd=e0 gsi=24
          - guest: guest.run vm=v0 vcpu=0
        """);

  private final String number;
  private final String steps;

  PlantedBug(String number, String steps) {
    this.number = number;
    this.steps = steps;
  }

  /** What has the bug; it is the profile where nothing is replaced. */
  HostParts parts() {
    return HostParts.LINUX;
  }

  /** The steps, on the kernel that has the bug or on one that has not. */
  Scenario scenario(boolean planted) {
    String text =
        steps
            + """
                - mark: end
                - vmm: teardown
              """;
    return Scenario.read(
        "bug " + number,
        new ByteArrayInputStream(
            text.replace("{PROFILE}", planted ? "LINUX_6_1" : "LINUX_6_17")
                .replace("{TRIGGER}", Machines.TRIGGER)
                .getBytes(StandardCharsets.UTF_8)));
  }

  private static HostParts pairing(Bug bug) {
    return new HostParts() {
      @Override
      public Pairing pairing(Pairing linux, WorkQueue workQueue) {
        return bug.in(linux, workQueue);
      }
    };
  }

  /** Puts a bug into Linux's steps. */
  @FunctionalInterface
  private interface Bug {
    Pairing in(Pairing linux, WorkQueue workQueue);
  }

  @Override
  public String toString() {
    return number + " " + name();
  }
}
