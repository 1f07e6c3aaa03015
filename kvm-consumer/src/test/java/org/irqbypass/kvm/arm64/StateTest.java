package org.irqbypass.kvm.arm64;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableList;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Raise;
import org.irqbypass.host.Trigger;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.State;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.ConnectPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** All of a VM's state is in its fingerprint. */
final class StateTest {
  private static final int SPI = 40;
  private static final int DEVICE = 32;
  private static final int LPI = 8192;
  private static final int GSI = 10;
  private static final long DOORBELL = 0x08090040;

  @RegisterExtension final ArmHost host = new ArmHost(KvmRules.LINUX_6_17).withIts(2);
  private final Arm64Vcpu vcpu = host.vcpu(0);
  private final Its its = host.arm64.itses().get(0);

  private void inject(int intid, boolean level) {
    assertThat(host.vgic.inject(0, intid, level, null)).isEqualTo(0);
  }

  @Test
  void theSharedInterrupts() {
    State.assertEachStepShows(
        host.vm,
        () -> inject(SPI, true), // the line alone
        () -> inject(SPI, false),
        () -> host.vgic.configureSpi(SPI, Trigger.EDGE, false),
        () -> inject(SPI, true), // the latch alone
        () -> host.vgic.configureSpi(SPI, Trigger.EDGE, true),
        () -> vcpu.enter(),
        () -> assertThat(vcpu.take()).isEqualTo(SPI),
        () -> vcpu.leave(),
        () -> vcpu.enter(),
        () -> vcpu.end(SPI),
        () -> vcpu.leave());
  }

  @Test
  void theMessagesAndTheirTranslations() {
    int eventfd = host.eventfd();
    State.assertEachStepShows(
        host.vm,
        () -> its.execute(new ItsCommand.Mapd(DEVICE, 5, true)),
        () -> its.execute(new ItsCommand.Mapti(DEVICE, 0, LPI, 0)),
        () -> its.execute(new ItsCommand.Mapti(DEVICE, 1, LPI + 1, 0)),
        () -> its.execute(new ItsCommand.Movi(DEVICE, 1, 1)),
        () ->
            host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.msi(GSI, DOORBELL, 0, DEVICE)), 0),
        () -> host.vm.irqfd(IrqfdRequest.assign(eventfd, GSI)),
        () -> host.write(eventfd),
        () -> assertThat(host.run(0)).containsExactly(LPI),
        () -> its.execute(new ItsCommand.Discard(DEVICE, 1)),
        () -> its.execute(new ItsCommand.Mapc(1, 0, false)),
        () -> its.execute(new ItsCommand.Mapd(DEVICE, 5, false)));
  }

  @Test
  void theVirtualMessages() {
    int eventfd = host.eventfd();
    its.execute(new ItsCommand.Mapd(DEVICE, 5, true));
    its.execute(new ItsCommand.Mapti(DEVICE, 0, LPI, 0));
    host.vm.setGsiRouting(ImmutableList.of(RoutingEntry.msi(GSI, DOORBELL, 0, DEVICE)), 0);
    host.vm.irqfd(IrqfdRequest.assign(eventfd, GSI));
    HostIrq nic = host.interrupts.allocateMessage("nic");
    nic.request(fired -> true, true);
    BypassProducer producer =
        new BypassProducer(nic, ConnectPolicy.OPPORTUNISTIC) {
          @Override
          protected int addConsumer(BypassConsumer consumer) {
            return 0;
          }
        };
    State.assertEachStepShows(
        host.vm,
        () -> host.registry.register(producer, host.context(eventfd)),
        () -> assertThat(vcpu.block()).isTrue(),
        () -> assertThat(nic.raise()).isEqualTo(Raise.POSTED),
        () -> assertThat(host.run(0)).containsExactly(LPI),
        () -> host.registry.unregister(producer));
  }
}
