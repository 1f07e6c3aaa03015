package org.irqbypass.fuzz;

import com.code_intelligence.jazzer.junit.FuzzTest;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.irqbypass.legacy.KvmVfioDevIrq;
import org.irqbypass.vfio.IrqIndex;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@code struct kvm_vfio_dev_irq}, and what else the KVM-VFIO device takes: any bytes are done or
 * refused, and a refusal did nothing.
 */
class DeviceIrqFuzzTest {
  private static final Trials TRIALS =
      new Trials(
          "kvm_vfio_dev_irq", "no exception but ErrnoException, nothing changed by a refusal");

  /** KVM_DEV_VFIO_GROUP and KVM_DEV_VFIO_DEVICE. */
  private static final int GROUP = 1;

  private static final int DEVICE = 2;

  @AfterAll
  static void account() {
    TRIALS.close();
  }

  @MethodSource
  @FuzzTest(maxDuration = "", maxExecutions = Trials.INPUTS)
  void deviceIrq(byte[] input) {
    TRIALS.run(input, DeviceIrqFuzzTest::tryOut);
  }

  private static void tryOut(byte[] input) {
    Choices choices = new Choices(input);
    Subject subject = Subject.of(choices);
    subject.before(choices.next());
    for (int i = 0; i < Subject.MOST_CALLS && choices.hasMore(); i++) {
      int group = choices.next() % 4;
      int attribute = choices.next() % 8;
      ByteBuffer payload = choices.structure();
      subject.call(
          group + "/" + attribute, () -> subject.kvmVfio().setAttr(group, attribute, payload));
      subject.raise(choices.next());
    }
    subject.end();
  }

  static Stream<byte[]> deviceIrq() {
    return IntStream.range(0, 6)
        .boxed()
        .flatMap(
            host ->
                Stream.of(
                        KvmVfioDevIrq.of(6, IrqIndex.MSIX, 0, 24, 25),
                        KvmVfioDevIrq.of(12, 0, 0, 10),
                        KvmVfioDevIrq.of(6, IrqIndex.INTX, 0, 10),
                        KvmVfioDevIrq.of(6, IrqIndex.MSIX, 3, 24, 24),
                        KvmVfioDevIrq.range(6, IrqIndex.MSIX, 0, -1),
                        KvmVfioDevIrq.range(6, IrqIndex.MSIX, -1, 1),
                        KvmVfioDevIrq.range(-1, -1, -1, -1))
                    .map(
                        irq ->
                            Seed.on(host)
                                .choose(0x09, GROUP, 1)
                                .structure(descriptor(4))
                                .choose(0, DEVICE, 1)
                                .structure(irq.toBuffer())
                                .choose(1, DEVICE, 2)
                                .structure(irq.toBuffer())
                                .bytes()));
  }

  private static ByteBuffer descriptor(int fd) {
    return ByteBuffer.allocate(4).order(ByteOrder.nativeOrder()).putInt(fd).rewind();
  }
}
