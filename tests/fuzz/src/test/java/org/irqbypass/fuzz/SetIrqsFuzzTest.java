package org.irqbypass.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.irqbypass.vfio.IrqIndex;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.VfioDevice;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.provider.MethodSource;

/** {@code struct vfio_irq_set}: any bytes are done or refused, and what is refused did nothing. */
class SetIrqsFuzzTest {
  private static final Trials TRIALS =
      new Trials("vfio_irq_set", "no exception but ErrnoException, nothing changed by a refusal");

  private static final int NIC = 0;
  private static final int EDU = 1;
  private static final int RTC = 2;
  private static final int ALL_FLAGS = IrqSet.DATA_TYPES | IrqSet.ACTIONS;

  @AfterAll
  static void account() {
    TRIALS.close();
  }

  @MethodSource
  @FuzzTest(maxDuration = "", maxExecutions = Trials.INPUTS)
  void setIrqs(byte[] input) {
    TRIALS.run(input, SetIrqsFuzzTest::tryOut);
  }

  private static void tryOut(byte[] input) {
    Choices choices = new Choices(input);
    Subject subject = Subject.of(choices);
    subject.before(choices.next());
    for (int i = 0; i < Subject.MOST_CALLS && choices.hasMore(); i++) {
      VfioDevice device = subject.device(choices.of(Subject.DEVICES.keySet().asList()));
      subject.setIrqs(device, choices.structure());
    }
    subject.end();
  }

  static Stream<byte[]> setIrqs() {
    Stream<byte[]> hosts =
        IntStream.range(0, 6)
            .mapToObj(
                host ->
                    Seed.on(host)
                        .choose(0x1b, NIC)
                        .structure(IrqSet.trigger(IrqIndex.MSIX, 0, 0, 1, -1).write())
                        .choose(NIC)
                        .structure(IrqSet.disable(IrqIndex.MSIX).write())
                        .choose(RTC)
                        .structure(IrqSet.trigger(0, 0, 2).write())
                        .bytes());
    Stream<byte[]> edges =
        Stream.of(
                IrqSet.trigger(IrqIndex.INTX, 0, 2),
                IrqSet.unmaskBy(IrqIndex.INTX, 3),
                IrqSet.maskBy(IrqIndex.INTX, 1),
                IrqSet.mask(IrqIndex.INTX),
                IrqSet.unmask(IrqIndex.INTX),
                IrqSet.trigger(IrqIndex.MSI, 0, 0, 0),
                IrqSet.trigger(IrqIndex.REQ, 0, 1),
                IrqSet.trigger(IrqIndex.MSIX, 3, 99),
                IrqSet.loopBack(IrqIndex.MSIX, 0, 4),
                IrqSet.of(IrqSet.DATA_BOOL | IrqSet.ACTION_TRIGGER, IrqIndex.MSIX, 0, 4)
                    .withBools(0, 1, 1, 0),
                IrqSet.of(IrqSet.DATA_NONE | IrqSet.ACTION_TRIGGER, IrqIndex.MSIX, 0, -1),
                IrqSet.of(IrqSet.DATA_EVENTFD | IrqSet.ACTION_TRIGGER, IrqIndex.MSIX, -1, 1),
                IrqSet.trigger(IrqIndex.MSIX, 0, 0).withArgsz(-1),
                IrqSet.trigger(IrqIndex.MSIX, 0, 0).withArgsz(0),
                IrqSet.of(ALL_FLAGS, IrqIndex.MSIX, 0, 1),
                IrqSet.of(-1, -1, -1, -1))
            .flatMap(
                set ->
                    Stream.of(NIC, EDU, RTC)
                        .map(
                            device ->
                                Seed.on(device + 1)
                                    .choose(0x03, device)
                                    .structure(set.write())
                                    .bytes()));
    return Stream.concat(hosts, edges);
  }
}
