package org.irqbypass.kvm.x86;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.Collections2;
import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.host.GuestModePlatform;
import org.irqbypass.kvm.KvmHost;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.kvm.LocksKept;
import org.irqbypass.kvm.Vcpu.Scheduling;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.kvm.Vm;
import org.irqbypass.registry.ConnectPolicy;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Whom the wake-up vector of a physical CPU finds blocked there. */
class WakeupTest {
  private static final int CPU = 5;

  @RegisterExtension final KvmHost host = new KvmHost();
  private final Vm vm = host.vm(3);

  private static void bypass(KvmHost on, Vm of) {
    int fd = on.eventfd();
    KvmHost.route(of, KvmHost.msi(24, 0x41));
    on.assign(of, fd, 24);
    on.produce(fd);
  }

  private X86Vcpu blocked(int id) {
    X86Vcpu vcpu = KvmHost.vcpu(vm, id);
    vcpu.load(CPU);
    assertThat(vcpu.block()).isTrue();
    return vcpu;
  }

  /** They are linked: whichever goes first, the others are still found, and only they. */
  @Test
  void whoHasSomethingIsWokenWhoeverElseLeft() {
    bypass(host, vm);
    for (List<Integer> order : Collections2.permutations(ImmutableList.of(0, 1, 2))) {
      List<X86Vcpu> vcpus = new ArrayList<>();
      for (int id = 0; id < 3; id++) {
        vcpus.add(blocked(id));
      }
      for (int id : order) {
        host.events.clear();
        vcpus.get(id).posted().post(0x41);
        assertThat(host.events(VcpuEvent.WakeUp.class))
            .containsExactly(new VcpuEvent.WakeUp(vcpus.get(id)));
        vcpus.get(id).load(CPU);
        assertThat(vcpus.get(id).scheduling()).isEqualTo(Scheduling.LOADED);
        assertThat(vcpus.get(id).take()).isEqualTo(0x41);
        vcpus.get(id).end(0x41);
      }
    }
  }

  @Test
  void vcpusOfOtherThreadsBlockOnTheSameCpu() throws InterruptedException {
    bypass(host, vm);
    X86Vcpu first = blocked(0);
    LocksKept.assertGoesThrough(() -> blocked(1));
    first.posted().post(0x41);
    LocksKept.assertGoesThrough(() -> KvmHost.vcpu(vm, 1).load(CPU));
    first.load(CPU);
    LocksKept.assertGoesThrough(() -> blocked(2));
  }

  @Test
  void vcpusOfAvicAreScheduledByOtherThreadsToo() throws InterruptedException {
    KvmHost avic =
        new KvmHost(
            new GuestModePlatform("x86-avic"), KvmRules.LINUX_6_17, ConnectPolicy.OPPORTUNISTIC);
    Vm guest = avic.vm(1);
    bypass(avic, guest);
    X86Vcpu vcpu = KvmHost.vcpu(guest, 0);
    for (Runnable act :
        List.<Runnable>of(
            () -> vcpu.load(3),
            vcpu::put,
            () -> KvmHost.route(guest, KvmHost.msi(24, 0x42)),
            () -> KvmHost.route(guest))) {
      act.run();
      LocksKept.assertGoesThrough(
          () -> {
            vcpu.load(4);
            vcpu.put();
          });
    }
  }
}
