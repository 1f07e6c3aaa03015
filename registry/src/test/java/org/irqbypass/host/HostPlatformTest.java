package org.irqbypass.host;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.ThreadWaiter;
import org.junit.jupiter.api.Test;

final class HostPlatformTest {
  private final Tracepoints trace = Tracepoints.untimed();
  private final List<Integer> posted = new ArrayList<>();
  private final VcpuAffinity toVcpu = new VcpuAffinity.Posted(posted::add, 65);
  private final VcpuAffinity toGuest = new VcpuAffinity.Forwarded(40);

  private HostInterrupts host(HostPlatform platform) {
    return new HostInterrupts(platform, new ThreadWaiter(), trace);
  }

  private static Errno refusal(HostIrq irq, VcpuAffinity affinity) {
    ErrnoException thrown = assertThrows(ErrnoException.class, () -> irq.setVcpuAffinity(affinity));
    assertThat(irq.vcpuAffinity()).isNull();
    assertThat(irq.isPosted()).isFalse();
    assertThat(irq.isForwarded()).isFalse();
    return thrown.errno();
  }

  @Test
  void aRemappingHostBypassesNothing() {
    HostInterrupts host = host(new RemappedPlatform("x86-remapped"));
    HostIrq msi = host.allocateMessage("nic");

    assertThat(host.platform().bypass()).isEqualTo(BypassMode.NONE);
    assertThat(refusal(msi, toVcpu)).isEqualTo(Errno.ENOSYS);
    assertThat(refusal(msi, toGuest)).isEqualTo(Errno.ENOSYS);
    msi.setVcpuAffinity(null);
  }

  @Test
  void aPostingHostPostsMessagesPastTheHandler() {
    HostInterrupts host = host(new PostedPlatform("x86-posted"));
    HostIrq msi = host.allocateMessage("nic");
    msi.request(irq -> true, true);
    msi.setVcpuAffinity(toVcpu);

    assertThat(host.platform().bypass()).isEqualTo(BypassMode.POSTED);
    assertThat(msi.isPosted()).isTrue();
    assertThat(msi.raise()).isEqualTo(Raise.POSTED);
    assertThat(posted).containsExactly(65);
    assertThat(msi.postedCount()).isEqualTo(1);
    assertThat(msi.handledCount()).isEqualTo(0);
    msi.setVcpuAffinity(null);
    assertThat(msi.raise()).isEqualTo(Raise.HANDLED);
  }

  /** Host affinity changes the remapped form of the entry, which is not in force meanwhile. */
  @Test
  void movingAPostedInterruptToAnotherCpuChangesNothingUntilItIsTakenBack() {
    HostIrq msi = host(new PostedPlatform("x86-posted")).allocateMessage("nic");
    msi.request(irq -> true, true);
    assertThat(msi.affinity()).isEqualTo(0);
    msi.setVcpuAffinity(toVcpu);
    msi.setAffinity(3);

    assertThat(msi.vcpuAffinity()).isEqualTo(toVcpu);
    assertThat(msi.raise()).isEqualTo(Raise.POSTED);
    msi.setVcpuAffinity(null);
    assertThat(msi.affinity()).isEqualTo(3);
    assertThat(msi.raise()).isEqualTo(Raise.HANDLED);
  }

  @Test
  void aPostingHostPostsMessagesOnlyAndForwardsNothing() {
    HostInterrupts host = host(new PostedPlatform("x86-posted"));

    assertThat(refusal(host.allocate("intx", Trigger.LEVEL), toVcpu)).isEqualTo(Errno.EINVAL);
    assertThat(refusal(host.allocate("timer", Trigger.EDGE), toVcpu)).isEqualTo(Errno.EINVAL);
    assertThat(refusal(host.allocateMessage("nic"), toGuest)).isEqualTo(Errno.EINVAL);
  }

  @Test
  void aForwardingHostForwardsWiredInterruptsOnly() {
    HostInterrupts host = host(new ForwardingPlatform("arm64-gicv2"));
    HostIrq uart = host.allocate("uart", Trigger.LEVEL);
    uart.setVcpuAffinity(toGuest);

    assertThat(host.platform().bypass()).isEqualTo(BypassMode.FORWARDED);
    assertThat(uart.isForwarded()).isTrue();
    assertThat(uart.vcpuAffinity()).isEqualTo(toGuest);
    assertThat(refusal(host.allocateMessage("nic"), toGuest)).isEqualTo(Errno.EINVAL);
    assertThat(refusal(host.allocate("rtc", Trigger.LEVEL), toVcpu)).isEqualTo(Errno.EINVAL);
    uart.setVcpuAffinity(null);
    assertThat(uart.isForwarded()).isFalse();
    assertThat(uart.vcpuAffinity()).isNull();
  }

  /** {@code VMOVI}: the guest moves its interrupt to another vCPU, and the host does not see it. */
  @Test
  void aMessageThatIsMappedAlreadyIsMoved() {
    HostIrq msi = host(new VirtualLpiPlatform("arm64-gicv4")).allocateMessage("nic");
    AtomicInteger first = new AtomicInteger();
    AtomicInteger second = new AtomicInteger();
    msi.request(irq -> true, true);
    msi.setVcpuAffinity(new VcpuAffinity.VirtualLpi(first::incrementAndGet));
    msi.setVcpuAffinity(new VcpuAffinity.VirtualLpi(second::incrementAndGet));

    assertThat(msi.raise()).isEqualTo(Raise.POSTED);
    assertThat(first.get()).isEqualTo(0);
    assertThat(second.get()).isEqualTo(1);
  }

  @Test
  void aHostWithVirtualLpisDeliversMessagesOnly() {
    HostInterrupts host = host(new VirtualLpiPlatform("arm64-gicv4"));
    AtomicInteger delivered = new AtomicInteger();
    VcpuAffinity toLpi = new VcpuAffinity.VirtualLpi(delivered::incrementAndGet);
    HostIrq msi = host.allocateMessage("nic");
    msi.request(irq -> true, true);
    msi.setVcpuAffinity(toLpi);

    assertThat(host.platform().bypass()).isEqualTo(BypassMode.VLPI);
    assertThat(msi.raise()).isEqualTo(Raise.POSTED);
    msi.setPending();
    assertThat(delivered.get()).isEqualTo(2);
    assertThat(msi.postedCount()).isEqualTo(1);
    msi.setVcpuAffinity(null);
    assertThat(msi.raise()).isEqualTo(Raise.HANDLED);
    assertThat(refusal(host.allocate("uart", Trigger.LEVEL), toLpi)).isEqualTo(Errno.EINVAL);
    assertThat(refusal(host.allocateMessage("disk"), toVcpu)).isEqualTo(Errno.EINVAL);
    assertThat(refusal(host.allocateMessage("disk"), toGuest)).isEqualTo(Errno.EINVAL);
  }

  @Test
  void aMappingThatWasLeftBehindEndsWithTheHandlerAndCannotBeMoved() {
    HostInterrupts host = host(new VirtualLpiPlatform("arm64-gicv4"));
    VcpuAffinity toLpi = new VcpuAffinity.VirtualLpi(() -> {});
    HostIrq msi = host.allocateMessage("nic");
    msi.request(irq -> true, true);
    msi.setVcpuAffinity(toLpi);
    msi.free();
    msi.setPending();
    msi.request(irq -> true, true);

    msi.setVcpuAffinity(toLpi);

    assertThat(msi.raise()).isEqualTo(Raise.HANDLED);
    msi.setPending();
    assertThat(msi.handledCount()).isEqualTo(2);
    msi.setVcpuAffinity(null);
    msi.setVcpuAffinity(toLpi);
    assertThat(msi.raise()).isEqualTo(Raise.POSTED);
  }

  @Test
  void programmingIsATracepoint() {
    HostIrq uart = host(new ForwardingPlatform("arm64-gicv2")).allocate("uart", Trigger.LEVEL);
    List<TraceEvent> told = new ArrayList<>();
    trace.listen((nanos, event) -> told.add(event));
    uart.setVcpuAffinity(toGuest);
    uart.setVcpuAffinity(null);

    assertThat(told)
        .containsExactly(
            new HostIrqEvent.Programmed(uart, toGuest), new HostIrqEvent.Programmed(uart, null))
        .inOrder();
  }

  @Test
  void interruptsAreNumberedAndListed() {
    HostInterrupts host = host(new ForwardingPlatform("arm64-gicv2"));
    HostIrq uart = host.allocate("uart", Trigger.LEVEL);
    HostIrq nic = host.allocateMessage("nic");
    uart.request(irq -> true, true);
    uart.setVcpuAffinity(toGuest);

    assertThat(uart.number()).isEqualTo(HostInterrupts.FIRST);
    assertThat(host.all()).containsExactly(uart, nic).inOrder();
    assertThat(host.toString()).containsMatch("24: +0 +0  forwarded  uart -> Forwarded");
    assertThat(host.toString()).containsMatch("25: +0 +0  free       nic\\R");
    assertThat(assertThrows(ErrnoException.class, () -> host.release(uart)).errno())
        .isEqualTo(Errno.EBUSY);
    uart.free();
    host.release(uart);
    assertThat(host.all()).containsExactly(nic);
    assertThat(host.allocate("rtc", Trigger.EDGE).number()).isEqualTo(26);
  }

  /** As {@code /proc/interrupts} does: how many came, and which way they take now. */
  @Test
  void theListSaysWhichWayEachInterruptTakes() {
    HostInterrupts host = host(new PostedPlatform("x86-posted"));
    HostIrq nic = host.allocateMessage("nic");
    HostIrq disk = host.allocateMessage("disk");
    nic.request(irq -> true, true);
    disk.request(irq -> true, true);
    disk.raise();
    nic.setVcpuAffinity(toVcpu);
    nic.raise();
    nic.raise();

    assertThat(host.toString()).containsMatch("24: +0 +2  posted     nic -> Posted");
    assertThat(host.toString()).containsMatch("25: +1 +0  host       disk\\R");
  }

  @Test
  void aHostWithoutInterruptsIsListedToo() {
    assertThat(host(new PostedPlatform("x86-posted")).toString())
        .containsMatch("^ +host +posted +now +name\\R$");
  }
}
