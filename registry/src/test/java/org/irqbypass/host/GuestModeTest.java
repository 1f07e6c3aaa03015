package org.irqbypass.host;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.ThreadWaiter;
import org.junit.jupiter.api.Test;

/** A host whose IOMMU writes the guest's virtual APIC: what an entry says, and what it does. */
final class GuestModeTest {
  private static final int VECTOR = 65;

  private final List<String> told = new ArrayList<>();
  private Runnable meanwhile = () -> {};
  private final GuestModeTarget vcpu =
      new GuestModeTarget() {
        @Override
        public void request(int vector) {
          told.add("request " + vector);
          meanwhile.run();
        }

        @Override
        public void doorbell(int physicalCpu) {
          told.add("doorbell " + physicalCpu);
        }

        @Override
        public void logged() {
          told.add("logged");
        }

        @Override
        public String toString() {
          return "vCPU 7";
        }
      };
  private final GuestModeEntry entry = new GuestModeEntry(vcpu, VECTOR);
  private final HostInterrupts host =
      new HostInterrupts(
          new GuestModePlatform("x86-avic"), new ThreadWaiter(), Tracepoints.untimed());

  @Test
  void anEntryNamesItsVcpuAndVectorForGood() {
    entry.runsOn(3);
    assertThat(entry.target()).isSameInstanceAs(vcpu);
    assertThat(entry.vector()).isEqualTo(VECTOR);
    assertThat(entry.toString()).isEqualTo("vector 65 of vCPU 7");
  }

  @Test
  void whoRunsIsRungWhereItRuns_whoDoesNotIsLogged() {
    entry.deliver();
    entry.runsOn(3);
    entry.deliver();
    entry.runsOn(0);
    entry.deliver();
    entry.stopped();
    entry.deliver();

    assertThat(told)
        .containsExactly(
            "request 65",
            "logged",
            "request 65",
            "doorbell 3",
            "request 65",
            "doorbell 0",
            "request 65",
            "logged")
        .inOrder();
  }

  /** It reads where the vCPU runs after it set the bit, or nobody would look at that. */
  @Test
  void whoIsScheduledOutWhileAnInterruptArrivesIsLogged() {
    meanwhile = entry::stopped;
    entry.runsOn(3);
    entry.deliver();

    assertThat(told).containsExactly("request 65", "logged").inOrder();
  }

  @Test
  void theEntryShowsWhereTheVcpuRuns() {
    assertThat(entry.isRunning()).isFalse();
    assertThat(entry.destination()).isEqualTo(-1);
    entry.runsOn(0);
    assertThat(entry.isRunning()).isTrue();
    assertThat(entry.destination()).isEqualTo(0);
    entry.runsOn(2);
    assertThat(entry.destination()).isEqualTo(2);
    entry.stopped();
    assertThat(entry.isRunning()).isFalse();
    assertThat(entry.destination()).isEqualTo(-1);
  }

  @Test
  void messagesAreDeliveredPastTheHandlerUntilTheyAreTakenBack() {
    HostIrq msi = host.allocateMessage("nic");
    msi.request(irq -> true, true);
    msi.setVcpuAffinity(new VcpuAffinity.GuestMode(entry));

    assertThat(msi.raise()).isEqualTo(Raise.POSTED);
    assertThat(told).containsExactly("request 65", "logged").inOrder();
    assertThat(msi.handledCount()).isEqualTo(0);
    msi.setVcpuAffinity(null);
    assertThat(msi.raise()).isEqualTo(Raise.HANDLED);
    assertThat(told).hasSize(2);
  }

  @Test
  void wiredInterruptsAndOtherWaysOfPostingAreRefused() {
    HostIrq wired = host.allocate("intx", Trigger.EDGE);
    HostIrq msi = host.allocateMessage("nic");
    for (HostIrq irq : List.of(wired, msi)) {
      VcpuAffinity affinity =
          irq == wired
              ? new VcpuAffinity.GuestMode(entry)
              : new VcpuAffinity.Posted(vector -> {}, VECTOR);
      ErrnoException refused =
          assertThrows(ErrnoException.class, () -> irq.setVcpuAffinity(affinity));
      assertThat(refused.errno()).isEqualTo(Errno.EINVAL);
      assertThat(refused).hasMessageThat().contains("x86-avic cannot give ");
      assertThat(irq.isPosted()).isFalse();
      assertThat(irq.vcpuAffinity()).isNull();
    }
  }

  /** Who only takes the completion off the host's hands delivers nothing past it. */
  @Test
  void threeKindsOfHardwareDeliverMessagesPastTheHost() {
    assertThat(BypassMode.POSTED.deliversMessages()).isTrue();
    assertThat(BypassMode.GUEST_MODE.deliversMessages()).isTrue();
    assertThat(BypassMode.VLPI.deliversMessages()).isTrue();
    assertThat(BypassMode.FORWARDED.deliversMessages()).isFalse();
    assertThat(BypassMode.NONE.deliversMessages()).isFalse();
  }

  @Test
  void aPlatformIsCalledByTheNameItWasGiven() {
    HostPlatform platform = host.platform();
    assertThat(platform.name()).isEqualTo("x86-avic");
    assertThat(platform.toString()).isEqualTo("x86-avic");
    HostIrq irq = host.allocate("uart", Trigger.LEVEL);
    assertThat(irq.platform()).isSameInstanceAs(platform);
    assertThat(irq.trigger()).isEqualTo(Trigger.LEVEL);
    assertThat(host.allocateMessage("nic").trigger()).isEqualTo(Trigger.EDGE);
  }
}
