package org.irqbypass.legacy;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.primitives.ImmutableIntArray;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** The binary form, rows 2 to 4 of semantics.md 7.4. */
final class KvmVfioDevIrqTest {
  private static ByteBuffer words(int... words) {
    ByteBuffer buffer =
        ByteBuffer.allocate(words.length * Integer.BYTES).order(ByteOrder.nativeOrder());
    for (int word : words) {
      buffer.putInt(word);
    }
    return buffer.flip();
  }

  private static Errno refusal(ByteBuffer payload, boolean withGsis) {
    return assertThrows(ErrnoException.class, () -> KvmVfioDevIrq.read(payload, withGsis)).errno();
  }

  @Test
  void theLayoutIsTheSeeds() {
    ByteBuffer buffer = KvmVfioDevIrq.of(7, 2, 1, 24, 25).toBuffer();

    assertThat(buffer.order()).isEqualTo(ByteOrder.nativeOrder());
    assertThat(buffer.remaining()).isEqualTo(28);
    assertThat(buffer.getInt(0)).isEqualTo(28); // argsz
    assertThat(buffer.getInt(4)).isEqualTo(7); // fd
    assertThat(buffer.getInt(8)).isEqualTo(2); // index
    assertThat(buffer.getInt(12)).isEqualTo(1); // start
    assertThat(buffer.getInt(16)).isEqualTo(2); // count
    assertThat(buffer.getInt(20)).isEqualTo(24);
    assertThat(buffer.getInt(24)).isEqualTo(25);
  }

  @Test
  void whatIsWrittenIsRead() {
    KvmVfioDevIrq irq = KvmVfioDevIrq.of(7, 2, 1, 24, -1);

    assertThat(KvmVfioDevIrq.read(irq.toBuffer(), true)).isEqualTo(irq);
    assertThat(KvmVfioDevIrq.read(irq.toBuffer(), false).gsis()).isEqualTo(ImmutableIntArray.of());
  }

  @Test
  void readingLeavesTheBufferAlone() {
    ByteBuffer buffer = words(0, 24, 7, 2, 1, 1, 24).position(4).order(ByteOrder.BIG_ENDIAN);
    KvmVfioDevIrq irq = KvmVfioDevIrq.read(buffer, true);

    assertThat(irq).isEqualTo(KvmVfioDevIrq.of(7, 2, 1, 24));
    assertThat(buffer.position()).isEqualTo(4);
    assertThat(buffer.order()).isEqualTo(ByteOrder.BIG_ENDIAN);
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4, 19})
  void aHeaderThatIsNotAllThereIsAFault(int length) {
    assertThat(refusal(ByteBuffer.allocate(length), true)).isEqualTo(Errno.EFAULT);
    assertThat(refusal(ByteBuffer.allocate(length), false)).isEqualTo(Errno.EFAULT);
  }

  @Test
  void noPayloadIsAFault() {
    assertThat(assertThrows(ErrnoException.class, () -> KvmVfioDevIrq.read(null, true)).errno())
        .isEqualTo(Errno.EFAULT);
  }

  @ParameterizedTest
  @CsvSource({
    "0, 0, 1", // argsz < 20
    "19, 0, 1",
    "24, 0, 0", // count 0
    "24, -1, 1", // start + count beyond u32
    "24, 1, -1",
    "-1, -1, -1"
  })
  void sizesThatContradictEachOtherAreInvalid(int argsz, int start, int count) {
    assertThat(refusal(words(argsz, -1, 0, start, count, 1, 2), true)).isEqualTo(Errno.EINVAL);
    assertThat(refusal(words(argsz, -1, 0, start, count), false)).isEqualTo(Errno.EINVAL);
  }

  @Test
  void argszMustHoldTheGuestInterrupts() {
    assertThat(refusal(words(27, -1, 0, 0, 2, 1, 2), true)).isEqualTo(Errno.EINVAL);
    assertThat(refusal(words(20, -1, 0, 0, 0x4000_0000, 1), true)).isEqualTo(Errno.EINVAL);
    assertThat(KvmVfioDevIrq.read(words(20, -1, 0, 0, 2), false).count()).isEqualTo(2);
    assertThat(KvmVfioDevIrq.read(words(100, -1, 0, 0, 1, 5), true).gsis().get(0)).isEqualTo(5);
  }

  @Test
  void guestInterruptsThatAreNotAllThereAreAFault() {
    assertThat(refusal(words(28, -1, 0, 0, 2, 1), true)).isEqualTo(Errno.EFAULT);
    assertThat(refusal(words(-1, -1, 0, 0, 0x3fff_0000, 1), true)).isEqualTo(Errno.EFAULT);
  }

  @Test
  void aTypedRequestIsCheckedLikeABinaryOne() {
    KvmVfioDevIrq tooFew = new KvmVfioDevIrq(28, -1, 0, 0, 2, ImmutableIntArray.of(1));

    assertThat(assertThrows(ErrnoException.class, () -> tooFew.check(true)).errno())
        .isEqualTo(Errno.EFAULT);
    tooFew.check(false);
  }

  /** The checks refuse what contradicts itself, and nothing that just fits. */
  @Test
  void sizesThatJustFitAreValid() {
    assertThat(KvmVfioDevIrq.read(words(20, -1, 0, -2, 1), false).start()).isEqualTo(-2);
    assertThat(KvmVfioDevIrq.read(words(24, -1, 0, 0, 1, 5), true).gsis().get(0)).isEqualTo(5);
    assertThat(KvmVfioDevIrq.read(words(20, -1, 0, 0, -1), false).count()).isEqualTo(-1);
  }
}
