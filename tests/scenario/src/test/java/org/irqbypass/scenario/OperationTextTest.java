package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertThat;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Whatever the vocabulary allows is read as it was written. */
class OperationTextTest {
  /** Without jqwik's edge cases: it would combine those of all arguments of every operation. */
  @Property(edgeCases = EdgeCasesMode.NONE)
  void everyOperationIsReadAsItWasWritten(@ForAll("operations") Operation operation) {
    assertThat(Operation.parse(operation.toText())).isEqualTo(operation);
  }

  @Property
  void nothingButAComplaintComesOfAnyText(@ForAll String text) {
    try {
      assertThat(Operation.parse(text).toText()).isNotEmpty();
    } catch (InputException complaint) {
      assertThat(complaint).hasMessageThat().doesNotContain("\n");
    }
  }

  @Provide
  Arbitrary<Operation> operations() {
    return Arbitraries.of(Vocabulary.all().values().asList()).flatMap(OperationTextTest::operation);
  }

  private static Arbitrary<Operation> operation(OperationSchema schema) {
    List<Arbitrary<Object[]>> arguments = new ArrayList<>();
    for (ArgumentSchema argument : schema.arguments().values()) {
      Arbitrary<Object[]> written =
          value(argument).map(value -> new Object[] {argument.name(), value});
      arguments.add(
          argument.required()
              ? written
              : Arbitraries.oneOf(written, Arbitraries.just(new Object[0])));
    }
    return net.jqwik.api.Combinators.combine(arguments)
        .as(
            parts ->
                Operation.of(
                    schema.name(), parts.stream().flatMap(java.util.Arrays::stream).toArray()));
  }

  private static Arbitrary<String> value(ArgumentSchema argument) {
    Arbitrary<String> number =
        Arbitraries.oneOf(
            Arbitraries.longs().map(n -> Long.toString(n)),
            Arbitraries.longs().map(n -> "0x" + Long.toHexString(n)),
            Arbitraries.longs().map(Long::toUnsignedString));
    Arbitrary<String> name =
        Arbitraries.strings()
            .withCharRange('a', 'z')
            .ofMinLength(1)
            .ofMaxLength(1)
            .flatMap(
                first ->
                    Arbitraries.strings()
                        .withCharRange('a', 'z')
                        .numeric()
                        .withChars("-_.:")
                        .ofMaxLength(20)
                        .map(rest -> first + rest));
    return switch (argument.kind()) {
      case INTEGER -> number;
      case NAME, DEVICE -> name;
      case DESCRIPTOR -> Arbitraries.oneOf(name, number);
      case DESCRIPTORS -> joined(Arbitraries.oneOf(name, number), ",");
      case INTEGERS -> joined(number, ",");
      case INDEX -> Arbitraries.oneOf(Arbitraries.of("INTX", "MSI", "MSIX", "ERR", "REQ"), number);
      case WORD -> Arbitraries.oneOf(Arbitraries.of(argument.words()), number);
      case FLAGS ->
          Arbitraries.oneOf(Arbitraries.of(argument.words()), number)
              .list()
              .ofMinSize(1)
              .ofMaxSize(4)
              .map(words -> String.join("|", words));
      case LETTERS -> Arbitraries.strings().alpha();
      case ROUTES, TEXT -> Arbitraries.strings();
    };
  }

  private static Arbitrary<String> joined(Arbitrary<String> one, String by) {
    return one.list().ofMaxSize(4).map(words -> String.join(by, words));
  }
}
