package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertThat;
import static org.junit.jupiter.api.Assertions.assertThrows;

import org.junit.jupiter.api.Test;

/** The one-line form: what is accepted, and what is said where it is not. */
class OperationTest {
  @Test
  void readsNameAndArguments() {
    Operation operation =
        Operation.parse(
            "vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=2"
                + " fds=e0,-1");
    assertThat(operation.name()).isEqualTo("vfio.set_irqs");
    assertThat(operation.text("dev")).isEqualTo("nic");
    assertThat(IrqIndexName.of(operation)).isEqualTo(2);
    assertThat(operation.u32("count")).isEqualTo(2);
    assertThat(operation.list("fds")).containsExactly("e0", "-1").inOrder();
    assertThat(operation.has("argsz")).isFalse();
  }

  @Test
  void readsQuotedValues() {
    Operation operation = Operation.parse("mark text=\"a \\\"b\\\" \\\\ c\\nd\"");
    assertThat(operation.text("text")).isEqualTo("a \"b\" \\ c\nd");
    assertThat(Operation.parse(operation.toText())).isEqualTo(operation);
  }

  @Test
  void numbersAreDecimalOrHexadecimalOf64Bits() {
    assertThat(write("18446744073709551614")).isEqualTo(-2);
    assertThat(write("0xfffffffffffffffe")).isEqualTo(-2);
    assertThat(write("-2")).isEqualTo(-2);
    assertThat(write("0")).isEqualTo(0);
    for (String wrong : new String[] {"18446744073709551616", "0x", "--1", "+1", "1e3", "0x-1"}) {
      assertThat(complaint("ef.write fd=e0 value=" + wrong)).contains("expected an integer");
    }
  }

  private static long write(String value) {
    return Operation.parse("ef.write fd=e0 value=" + value).integer("value");
  }

  @Test
  void numbersOf32BitsWrapAsTheKernelTakesThem() {
    assertThat(Operation.parse("kvm.irqfd vm=v0 fd=e0 gsi=4294967295").u32("gsi")).isEqualTo(-1);
    Operation wide = Operation.parse("kvm.irqfd vm=v0 fd=e0 gsi=4294967296");
    assertThat(assertThrows(InputException.class, () -> wide.u32("gsi")))
        .hasMessageThat()
        .contains("expected an integer of 32 bits");
  }

  @Test
  void unknownOperationNamesTheNearest() {
    assertThat(complaint("vfio.set_irq dev=nic"))
        .isEqualTo("operation:1:1: \"vfio.set_irq\" is no operation; did you mean vfio.set_irqs?");
    assertThat(complaint("frobnicate")).isEqualTo("operation:1:1: \"frobnicate\" is no operation");
  }

  @Test
  void unknownArgumentNamesTheNearest() {
    assertThat(complaint("kvm.irqfd vm=v0 fd=e0 gsy=1"))
        .isEqualTo("operation:1:23: kvm.irqfd has no argument \"gsy\"; did you mean gsi?");
  }

  @Test
  void missingArgumentSaysWhatItIs() {
    assertThat(complaint("kvm.irqfd vm=v0 fd=e0"))
        .isEqualTo("operation:1:1: kvm.irqfd needs gsi=, an integer (decimal or 0x...)");
  }

  @Test
  void wrongKindNamesArgumentAndExpectation() {
    assertThat(complaint("vfio.irq_info dev=nic index=MSI-X"))
        .isEqualTo(
            "operation:1:23: index of vfio.irq_info is \"MSI-X\", expected INTX, MSI, MSIX, ERR,"
                + " REQ or an integer; did you mean MSIX?");
    assertThat(complaint("kvm.irqfd vm=v0 fd=e0 gsi=1 flags=RESAMPEL"))
        .endsWith(
            "flags of kvm.irqfd is \"RESAMPEL\", expected DEASSIGN, RESAMPLE or integers, with |"
                + " between them; did you mean RESAMPLE?");
    assertThat(complaint("ef.new fd=7up")).contains("expected a name");
    assertThat(complaint("gic.create vm=v0 kind=v4"))
        .contains("expected v3, v2, its or an integer");
  }

  @Test
  void brokenSyntaxIsLocated() {
    assertThat(complaint("")).startsWith("operation:1:1: an operation is missing");
    assertThat(complaint("ef.new fd")).startsWith("operation:1:8: expected name=value");
    assertThat(complaint("mark text=\"open")).contains("1:11: a quote is opened and not closed");
    assertThat(complaint("ef.new fd=e0 fd=e1")).contains("1:14: fd is given twice to ef.new");
  }

  @Test
  void longInputIsNotRepeated() {
    assertThat(complaint("x".repeat(100_000)).length()).isLessThan(200);
  }

  @Test
  void programsMakeAndChangeOperations() {
    Operation operation = Operation.of("ef.write", "fd", "e0", "value", 1);
    assertThat(operation.with("value", 2)).isEqualTo(Operation.parse("ef.write fd=e0 value=2"));
    assertThat(assertThrows(InputException.class, () -> operation.with("valu", 2)))
        .hasMessageThat()
        .contains("did you mean value?");
  }

  private static String complaint(String text) {
    InputException thrown = assertThrows(InputException.class, () -> Operation.parse(text));
    assertThat(thrown).hasMessageThat().doesNotContain("\n");
    return String.valueOf(thrown.getMessage());
  }
}
