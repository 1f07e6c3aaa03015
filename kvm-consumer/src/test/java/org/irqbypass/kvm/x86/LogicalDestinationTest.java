package org.irqbypass.kvm.x86;

import static com.google.common.truth.Truth.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.kvm.KvmHost;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.Vm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;

/** Whom a logical destination means, looked up in the map or asked of each APIC. */
class LogicalDestinationTest {
  private static final int FLAT = LocalApic.FLAT;
  private static final int CLUSTER = LocalApic.CLUSTER;

  @RegisterExtension final KvmHost host = KvmHost.remapped();
  private final Vm vm = host.vm(4);

  private void logical(int vcpu, int id, int format) {
    KvmHost.apic(vm, vcpu).setLogicalId(id, format);
  }

  private List<Integer> reachedByMessage(int destination) {
    Msi message = Msi.of(KvmHost.APIC_0 | (long) destination << 12 | 1 << 2, 0x41);
    try {
      vm.signalMsi(message);
    } catch (ErrnoException nobodyIsMeant) {
      assertThat(nobodyIsMeant.errno()).isEqualTo(Errno.EPERM);
    }
    return reached();
  }

  private List<Integer> reachedByPin(int destination) {
    X86Vm.of(vm)
        .ioApic()
        .writeRedirection(20, Redirection.LOGICAL | (long) destination << 56 | 0x41);
    vm.irqLine(20, 1);
    vm.irqLine(20, 0);
    return reached();
  }

  private List<Integer> reached() {
    List<Integer> reached = new ArrayList<>();
    for (int vcpu = 0; vcpu < 4; vcpu++) {
      if (!KvmHost.apic(vm, vcpu).irr().isEmpty()) {
        reached.add(vcpu);
        assertThat(KvmHost.vcpu(vm, vcpu).take()).isEqualTo(0x41);
        KvmHost.vcpu(vm, vcpu).end(0x41);
      }
    }
    return reached;
  }

  private void assertReached(int destination, Integer... vcpus) {
    assertThat(reachedByMessage(destination)).containsExactlyElementsIn(vcpus).inOrder();
    assertThat(reachedByPin(destination)).containsExactlyElementsIn(vcpus).inOrder();
  }

  @Test
  void flat_eachBitIsAnApic() {
    for (int vcpu = 0; vcpu < 4; vcpu++) {
      logical(vcpu, 0x10 << vcpu, FLAT);
    }
    assertReached(0x10, 0);
    assertReached(0x80, 3);
    assertReached(0xa0, 1, 3);
    assertReached(0x0f);
    assertReached(0xff, 0, 1, 2, 3);
  }

  @Test
  void cluster_theHighHalfIsTheClusterAndEachLowBitAnApic() {
    logical(0, 0x11, CLUSTER);
    logical(1, 0x12, CLUSTER);
    logical(2, 0x21, CLUSTER);
    logical(3, 0xe8, CLUSTER);
    assertReached(0x11, 0);
    assertReached(0x13, 0, 1);
    assertReached(0x23, 2);
    assertReached(0xef, 3);
    assertReached(0x31);
  }

  @Test
  void mixedFormats_eachApicIsAskedInItsOwn() {
    logical(0, 0x11, CLUSTER);
    logical(1, 0x02, FLAT);
    logical(2, 0x10, FLAT);
    logical(3, 0x18, CLUSTER);
    assertReached(0x12, 1, 2);
    assertReached(0x19, 0, 2, 3);
  }

  @Test
  void idsOfSeveralBitsAndIdsHeldTwiceReachAllWhoMatch() {
    logical(0, 0x03, FLAT);
    logical(1, 0x04, FLAT);
    logical(2, 0x04, FLAT);
    logical(3, 0, FLAT);
    assertReached(0x02, 0);
    assertReached(0x04, 1, 2);
    assertReached(0x05, 0, 1, 2);
    assertReached(0x40);
  }

  @Test
  void anApicThatIsDisabledIsNoDestination() {
    logical(0, 0x01, FLAT);
    logical(1, 0x02, FLAT);
    logical(2, 0x02, CLUSTER); // of another format, and disabled: does not count
    KvmHost.apic(vm, 2).setSpuriousVector(0xff);
    KvmHost.apic(vm, 1).setSpuriousVector(0xff);
    assertReached(0x03, 0);
  }

  // ---- Where the map says who is meant, meaning nobody is no error: each is not asked

  private void assertMapped_nobodyHas(int... destinations) {
    for (int destination : destinations) {
      Msi message = Msi.of(KvmHost.APIC_0 | (long) destination << 12 | 1 << 2, 0x41);
      assertThat(vm.signalMsi(message)).isEqualTo(0);
      assertThat(reached()).isEmpty();
    }
  }

  @Test
  void cluster_eachClusterHasFourBitsOfItsOwn() {
    logical(0, 0x11, CLUSTER);
    logical(1, 0x22, CLUSTER);
    logical(2, 0xe4, CLUSTER);
    assertMapped_nobodyHas(0x12, 0x21, 0x14, 0xe3, 0x31, 0xf1, 0x01);
    assertReached(0x13, 0);
    assertReached(0x23, 1);
    assertReached(0xef, 2);
  }

  @Test
  void cluster_anIdWithoutABitIsNobodysAndMixesNothing() {
    logical(0, 0x11, CLUSTER);
    logical(1, 0x20, CLUSTER);
    assertMapped_nobodyHas(0x20, 0x2f, 0x31);
    logical(3, 0x30, CLUSTER);
    assertMapped_nobodyHas(0x20, 0x2f, 0x31);
    assertReached(0x11, 0);
  }

  @Test
  void anIdHeldTwiceReachesBoth() {
    logical(0, 0x01, FLAT);
    logical(1, 0x02, FLAT);
    logical(2, 0x04, FLAT);
    logical(3, 0x04, FLAT);
    assertReached(0x04, 2, 3);
    assertReached(0x06, 1, 2, 3);
  }
}
