package org.irqbypass.vfio.pci;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.vfio.IrqIndex.INTX;
import static org.irqbypass.vfio.IrqIndex.MSI;
import static org.irqbypass.vfio.IrqIndex.MSIX;
import static org.irqbypass.vfio.IrqSet.ACTION_TRIGGER;
import static org.irqbypass.vfio.IrqSet.DATA_BOOL;
import static org.irqbypass.vfio.IrqSet.DATA_EVENTFD;
import static org.irqbypass.vfio.VfioHost.assertErrno;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Raise;
import org.irqbypass.registry.RegistryEvent;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.vfio.IrqInfo;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.VfioEvent;
import org.irqbypass.vfio.VfioHost;
import org.irqbypass.vfio.VfioRules;
import org.irqbypass.work.Work;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** PCI MSI and MSI-X (semantics 3.3). */
class MessagesTest {
  private final VfioHost host = VfioHost.remapped();
  private final PciFunction function = host.function().build();
  private final VfioPciDevice nic = host.open(function);
  private final int e0 = host.eventfd();
  private final int e1 = host.eventfd();
  private final int e2 = host.eventfd();

  private static IrqSet noVectors(int index, int start) {
    return IrqSet.of(DATA_EVENTFD | ACTION_TRIGGER, index, start, 0);
  }

  private void raise(int index, int vector) {
    if (index == MSI) {
      function.raiseMsi(vector);
    } else {
      function.raiseMsix(vector);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {MSI, MSIX})
  void eachVectorSignalsItsTrigger(int index) {
    nic.setIrqs(IrqSet.trigger(index, 0, e0, -1, e2));
    raise(index, 0);
    raise(index, 0);
    raise(index, 2);

    assertThat(host.count(e0)).isEqualTo(2);
    assertThat(host.count(e2)).isEqualTo(1);
    assertThat(nic.interrupt(index, 1).hostIrq()).isNull();
    assertThat(nic.interrupt(index, 2).trigger()).isSameInstanceAs(host.context(e2));
  }

  @Test
  void hostInterruptsAreNamedAsInProcInterrupts() {
    nic.setIrqs(IrqSet.trigger(MSIX, 0, e0, e1));
    assertThat(
            host.interrupts.all().stream()
                .map(HostIrq::name)
                .collect(ImmutableList.toImmutableList()))
        .containsExactly("vfio-intx(nic)", "vfio-msix[0](nic)", "vfio-msix[1](nic)")
        .inOrder();
    nic.setIrqs(IrqSet.disable(MSIX));
    assertThat(host.interrupts.all()).hasSize(1);
  }

  @Test
  void theStrictOrderOfAReplacement() {
    nic.setIrqs(IrqSet.trigger(MSIX, 0, e0));
    HostIrq irq = VfioHost.irq(nic, MSIX, 0);
    host.trace.listen(
        (nanos, event) -> {
          if (event instanceof RegistryEvent.Entered entered
              && entered.call() == RegistryEvent.Call.UNREGISTER_PRODUCER) {
            assertThat(irq.isRequested()).isTrue(); // unregistered before it is freed
          }
          if (event instanceof RegistryEvent.Entered entered
              && entered.call() == RegistryEvent.Call.REGISTER_PRODUCER) {
            assertThat(irq.isRequested()).isTrue(); // requested before it is registered
          }
        });
    nic.setIrqs(IrqSet.trigger(MSIX, 0, e1));
    assertThat(host.trace.failures()).isEqualTo(0);
    host.record();
    nic.setIrqs(IrqSet.trigger(MSIX, 0, e2));
    ImmutableList<TraceEvent> events = host.events();
    assertThat(events.get(0)).isEqualTo(new VfioEvent.SetVectorSignal(nic, 0, e2));
    assertThat(((RegistryEvent.Entered) events.get(1)).call())
        .isEqualTo(RegistryEvent.Call.UNREGISTER_PRODUCER);
    assertThat(((RegistryEvent.Entered) events.get(2)).call())
        .isEqualTo(RegistryEvent.Call.REGISTER_PRODUCER);
    assertThat(((RegistryEvent.Returned) events.get(3)).result()).isEqualTo(0);
    assertThat(events.get(4)).isEqualTo(new VfioEvent.SetVectorSignalReturned(nic, 0, 0));
  }

  @Test
  void noVectorAtAll() {
    assertErrno(Errno.ERANGE, () -> nic.setIrqs(noVectors(MSIX, 0)));
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(noVectors(MSIX, 2)));
    assertThat(function.isMsixEnabled()).isFalse();
    nic.setIrqs(IrqSet.trigger(MSIX, 0, e0));
    assertThat(nic.setIrqs(noVectors(MSIX, 0))).isEqualTo(0);
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(noVectors(MSIX, 1)));
  }

  @Test
  void theFirstEnableFixesTheNumberOfVectors() {
    nic.setIrqs(IrqSet.trigger(MSIX, 1, e1));
    nic.setIrqs(IrqSet.trigger(MSIX, 0, e0));
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.trigger(MSIX, 2, e2)));
    assertThat(assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.trigger(MSIX, 1, e2, e2))))
        .hasMessageThat()
        .isEqualTo("EINVAL: 2 vectors from 1 on, of PCI function nic: 2 were enabled");
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.loopBack(MSIX, 0, 3)));
    nic.setIrqs(IrqSet.loopBack(MSIX, 0, 2));
    assertThat(host.count(e0)).isEqualTo(1);
    assertThat(host.count(e1)).isEqualTo(1);
    nic.setIrqs(IrqSet.disable(MSIX));
    nic.setIrqs(IrqSet.trigger(MSIX, 2, e2));
  }

  @Test
  void laterKernelsLookAtEachVectorByItself() {
    VfioHost later = VfioHost.remapped(VfioRules.LINUX_6_17);
    VfioPciDevice device = later.openNic();
    int a = later.eventfd();
    int b = later.eventfd();
    device.setIrqs(IrqSet.trigger(MSIX, 0, a, -1));
    device.setIrqs(IrqSet.loopBack(MSIX, 0, 4)); // what is missing is skipped
    assertThat(later.count(a)).isEqualTo(1);
    assertErrno(Errno.EINVAL, () -> device.setIrqs(IrqSet.trigger(MSIX, 1, b, a)));
    assertThat(device.interrupt(MSIX, 1).trigger()).isNull();
    assertThat(device.interrupt(MSIX, 0).trigger()).isNotNull();
    assertThat(device.setIrqs(IrqSet.disable(MSIX))).isEqualTo(0);
    assertThat(device.setIrqs(noVectors(MSIX, 2))).isEqualTo(0);
  }

  @Test
  void dynamicMsixGrows() {
    VfioHost later = VfioHost.remapped(VfioRules.LINUX_6_17);
    PciFunction growing = later.function().msixDynamic(true).build();
    VfioPciDevice device = later.open(growing);
    assertThat(device.irqInfo(MSIX, 16).flags()).isEqualTo(IrqInfo.FLAG_EVENTFD);
    int a = later.eventfd();
    device.setIrqs(IrqSet.trigger(MSIX, 0, a));
    device.setIrqs(IrqSet.trigger(MSIX, 5, a));
    growing.raiseMsix(5);
    assertThat(later.count(a)).isEqualTo(1);
    device.setIrqs(IrqSet.trigger(MSIX, 2, later.eventfd(), later.eventfd()));
    assertThat(growing.raiseMsix(2)).isEqualTo(Raise.HANDLED);
    assertThat(growing.raiseMsix(3)).isEqualTo(Raise.HANDLED);
    device.setIrqs(IrqSet.disable(MSIX));
    assertThat(later.interrupts.all()).hasSize(1);
    // On 6.1 the same device does not grow.
    VfioPciDevice early = host.open(host.function().msixDynamic(true).build());
    assertThat(early.irqInfo(MSIX, 16).flags()).isEqualTo(9);
    early.setIrqs(IrqSet.trigger(MSIX, 0, e0));
    assertErrno(Errno.EINVAL, () -> early.setIrqs(IrqSet.trigger(MSIX, 5, e1)));
  }

  @Test
  void fewerVectorsThanAskedForIsAPositiveResultAndNothingIsEnabled() {
    VfioPciDevice poor = host.open(host.function().msiAllocatable(2).msixAllocatable(3).build());
    assertThat(poor.setIrqs(IrqSet.trigger(MSI, 0, e0, e1, e2))).isEqualTo(2);
    assertThat(poor.function().isMsiEnabled()).isFalse();
    assertThat(poor.setIrqs(IrqSet.trigger(MSIX, 3, e0))).isEqualTo(3);
    assertThat(poor.setIrqs(IrqSet.trigger(MSI, 0, e0, e1))).isEqualTo(0);
  }

  @Test
  void aFailingEnableDisablesTheIndexAgain() {
    host.record();
    assertErrno(Errno.EBADF, () -> nic.setIrqs(IrqSet.trigger(MSIX, 0, e0, 99, e2)));

    assertThat(function.isMsixEnabled()).isFalse();
    assertThat(host.registry.registered()).isEqualTo(0);
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.loopBack(MSIX, 0, 1)));
    nic.setIrqs(IrqSet.trigger(INTX, 0, e0));
    ImmutableList<Integer> touched =
        host.events(VfioEvent.SetVectorSignal.class).stream()
            .map(VfioEvent.SetVectorSignal::vector)
            .collect(ImmutableList.toImmutableList());
    // set 0 and 1, clear 0 and 1, then disable all three
    assertThat(touched).containsExactly(0, 1, 0, 1, 0, 1, 2).inOrder();
  }

  @Test
  void aFailingChangeClearsTheRangeUpToTheFailureAndRestoresNothing() {
    nic.setIrqs(IrqSet.trigger(MSIX, 0, e0, e1, e2));
    assertErrno(
        Errno.EINVAL, () -> nic.setIrqs(IrqSet.trigger(MSIX, 0, e1, host.notAnEventfd(), e0)));

    assertThat(nic.interrupt(MSIX, 0).trigger()).isNull();
    assertThat(nic.interrupt(MSIX, 1).trigger()).isNull();
    assertThat(nic.interrupt(MSIX, 2).trigger()).isSameInstanceAs(host.context(e2));
    assertThat(function.isMsixEnabled()).isTrue();
    nic.setIrqs(IrqSet.loopBack(MSIX, 0, 3));
    assertThat(host.count(e2)).isEqualTo(1);
    assertThat(host.count(e0) + host.count(e1)).isEqualTo(0);
  }

  @Test
  void loopBackByBytes() {
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.loopBack(MSI, 0, 1)));
    nic.setIrqs(IrqSet.trigger(MSI, 0, e0, e1));
    nic.setIrqs(IrqSet.of(DATA_BOOL | ACTION_TRIGGER, MSI, 0, 2).withBools(0, 1));
    assertThat(host.count(e0)).isEqualTo(0);
    assertThat(host.count(e1)).isEqualTo(1);
  }

  @Test
  void disableNeedsToBeEnabled() {
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.disable(MSIX)));
    nic.setIrqs(IrqSet.trigger(MSIX, 0, e0));
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.disable(MSI)));
    nic.setIrqs(IrqSet.disable(MSIX));
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.disable(MSIX)));
  }

  @Test
  void aMaskedMsixWaitsInItsPendingBit() {
    nic.setIrqs(IrqSet.trigger(MSIX, 0, -1, -1));
    assertThat(function.raiseMsix(0)).isEqualTo(Raise.PENDING);
    assertThat(function.raiseMsix(0)).isEqualTo(Raise.MERGED);
    assertThat(function.isMsixPending(0)).isTrue();
    nic.setIrqs(IrqSet.trigger(MSIX, 0, e0));
    assertThat(host.count(e0)).isEqualTo(1);
    assertThat(function.isMsixPending(0)).isFalse();
    nic.setIrqs(IrqSet.trigger(MSIX, 0, -1));
    function.raiseMsix(0);
    nic.reset(); // clears pending bits
    nic.setIrqs(IrqSet.trigger(MSIX, 0, e0));
    assertThat(host.count(e0)).isEqualTo(1);
  }

  @Test
  void workOfAnInterruptThatFiresWhileItIsRequestedRunsBeforeTheProducerIsRegistered() {
    List<String> order = new ArrayList<>();
    host.trace.listen(
        (nanos, event) -> {
          if (event instanceof VfioEvent.MsiHandler) {
            order.add("handler");
            host.work.schedule(new Work("deferred", () -> order.add("work")));
          } else if (event instanceof RegistryEvent.Entered) {
            order.add("register");
          }
        });
    nic.setIrqs(IrqSet.trigger(MSIX, 0, -1, -1));
    function.raiseMsix(0);
    nic.setIrqs(IrqSet.trigger(MSIX, 0, e0));
    assertThat(order).containsExactly("handler", "work", "register").inOrder();
  }

  @Test
  void anMsiThatCannotBeMaskedIsKeptOnlyUntilItsFirstTrigger() {
    nic.setIrqs(IrqSet.trigger(MSI, 0, -1));
    assertThat(function.raiseMsi(0)).isEqualTo(Raise.PENDING);
    nic.setIrqs(IrqSet.trigger(MSI, 0, e0));
    assertThat(host.count(e0)).isEqualTo(1);
    nic.setIrqs(IrqSet.trigger(MSI, 0, -1));
    assertThat(function.raiseMsi(0)).isEqualTo(Raise.UNTRIGGERED);
    nic.setIrqs(IrqSet.trigger(MSI, 0, e0));
    assertThat(host.count(e0)).isEqualTo(1);
    nic.setIrqs(IrqSet.disable(MSI));
    assertThat(function.raiseMsi(0)).isEqualTo(Raise.UNTRIGGERED);
    nic.setIrqs(IrqSet.trigger(MSI, 0, e0));
    assertThat(host.count(e0)).isEqualTo(1);
  }

  @Test
  void withoutBusMasterNothingIsSent() {
    nic.setIrqs(IrqSet.trigger(MSIX, 0, e0));
    nic.writeConfig(4, 1, PciFunction.COMMAND_MEMORY);
    assertThat(function.raiseMsix(0)).isEqualTo(Raise.UNTRIGGERED);
    nic.writeConfig(4, 1, PciFunction.COMMAND_MEMORY | PciFunction.COMMAND_MASTER);
    assertThat(function.raiseMsix(0)).isEqualTo(Raise.HANDLED);
    assertThat(host.count(e0)).isEqualTo(1);
  }

  @Test
  void messagesTakeIntxOffTheLine() {
    function.assertIntx(true);
    nic.setIrqs(IrqSet.trigger(MSI, 0, e0));
    assertThat(function.isIntxAsserted()).isFalse();
    function.assertIntx(true);
    assertThat(function.isIntxAsserted()).isFalse();
    nic.setIrqs(IrqSet.disable(MSI));
    nic.setIrqs(IrqSet.trigger(INTX, 0, e1));
    assertThat(host.count(e1)).isEqualTo(0);
    function.assertIntx(true);
    assertThat(host.count(e1)).isEqualTo(1);
  }

  @Test
  void anEventfdOutlivesItsDescriptor() {
    nic.setIrqs(IrqSet.trigger(MSIX, 0, e0));
    var context = host.context(e0);
    host.descriptors.close(e0);
    function.raiseMsix(0);
    assertThat(context.count()).isEqualTo(1);
  }

  @Test
  void oneEventfdOnTwoVectorsWorksAndTheSecondProducerIsRefused() {
    host.record();
    nic.setIrqs(IrqSet.trigger(MSIX, 0, e0, e0));
    assertThat(host.events(VfioEvent.ProducerRefused.class)).hasSize(1);
    assertThat(host.events(VfioEvent.ProducerRefused.class).get(0).errno()).isEqualTo(Errno.EBUSY);
    function.raiseMsix(0);
    function.raiseMsix(1);
    assertThat(host.count(e0)).isEqualTo(2);
    nic.setIrqs(IrqSet.trigger(MSIX, 0, -1));
    nic.setIrqs(IrqSet.trigger(MSIX, 1, e0));
    assertThat(nic.interrupt(MSIX, 1).status().state())
        .isEqualTo(org.irqbypass.registry.BypassStatus.State.WAITING);
  }

  @Test
  void aResetKeepsTriggers() {
    nic.setIrqs(IrqSet.trigger(MSIX, 0, e0));
    boolean[] reset = {false};
    function.whenReset(() -> reset[0] = true);
    nic.reset();
    assertThat(reset[0]).isTrue();
    function.raiseMsix(0);
    assertThat(host.count(e0)).isEqualTo(1);
  }

  @Test
  void aLoopBackSignalsTheVectorsItNamesAndNoOther() {
    nic.setIrqs(IrqSet.trigger(MSIX, 0, e0, e1, e2));
    nic.setIrqs(IrqSet.loopBack(MSIX, 0, 1));
    assertThat(host.count(e0)).isEqualTo(1);
    assertThat(host.count(e1)).isEqualTo(0);
    nic.setIrqs(IrqSet.loopBack(MSIX, 1, 1));
    assertThat(host.count(e0) + host.count(e2)).isEqualTo(1);
    assertThat(host.count(e1)).isEqualTo(1);
  }

  /** Start and count together reach beyond what was enabled, or not. */
  @Test
  void aLoopBackOfNoVectorIsBeyondTheLastOnlyIfItStartsBehindIt() {
    nic.setIrqs(IrqSet.trigger(MSIX, 0, e0, e1));
    assertThat(nic.setIrqs(IrqSet.of(DATA_BOOL | ACTION_TRIGGER, MSIX, 2, 0))).isEqualTo(0);
    assertErrno(Errno.EINVAL, () -> nic.setIrqs(IrqSet.of(DATA_BOOL | ACTION_TRIGGER, MSIX, 3, 0)));
  }

  /** VFIO exports no mask of them, and none masks itself. */
  @Test
  void noMessageIsEverMaskedNorBeingHandled() {
    nic.setIrqs(IrqSet.trigger(MSIX, 0, e0, -1));
    List<Boolean> inTheHandler = new ArrayList<>();
    host.trace.listen(
        (nanos, event) -> {
          if (event instanceof VfioEvent.MsiHandler) {
            inTheHandler.add(nic.interrupt(MSIX, 0).isBeingHandled());
          }
        });
    function.raiseMsix(0);
    function.raiseMsix(1); // waits behind the mask of its vector
    assertThat(inTheHandler).containsExactly(false);
    for (int vector = 0; vector < 2; vector++) {
      assertThat(nic.interrupt(MSIX, vector).isMasked()).isFalse();
      assertThat(nic.interrupt(MSIX, vector).isBeingHandled()).isFalse();
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {MSI, MSIX})
  void aDeviceThatSendsWhatIsOffSendsNothing(int index) {
    PciFunction own = host.function().msiMaskable(true).build();
    VfioPciDevice device = host.open(own);
    for (int times = 0; times < 2; times++) {
      Raise raise = index == MSI ? own.raiseMsi(1) : own.raiseMsix(1);
      assertThat(raise).isEqualTo(Raise.UNTRIGGERED);
      assertThat(own.isMsixPending(1)).isFalse();
      device.setIrqs(IrqSet.trigger(index, 0, e0, e1));
      assertThat(host.count(e1)).isEqualTo(0);
      device.setIrqs(IrqSet.disable(index));
    }
  }
}
