package org.irqbypass.fuzz;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.scenario.ArgumentKind;
import org.irqbypass.scenario.ArgumentSchema;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.OperationSchema;
import org.irqbypass.scenario.Vocabulary;

/** Makes an operation of bytes: a name of the vocabulary, and values that mostly mean something. */
final class AnyOperation {
  private static final ImmutableList<OperationSchema> SCHEMAS = Vocabulary.all().values().asList();

  /** How many operations there are. */
  static final int COUNT = SCHEMAS.size();

  private static final ImmutableList<String> EVENTFDS = ImmutableList.of("e0", "e1", "e2", "e4");
  private static final ImmutableList<String> DESCRIPTORS =
      ImmutableList.of(
          "e0", "e1", "e2", "e3", "-1", "null", "closed", "grp:nic", "dev:nic", "vm:v0", "grp:rtc",
          "ctr:nic", "-2", "3");
  private static final ImmutableList<String> DESCRIPTOR_LISTS =
      ImmutableList.of("e0", "e0,e1", "-1", "e0,null", "", "-2", "e2,e2,-1,e3", "e0,closed,e1");
  private static final ImmutableList<String> INTEGER_LISTS =
      ImmutableList.of("1", "0,1", "24", "24,25", "10", "10,10", "4096", "1,1,0,1");
  private static final ImmutableList<String> INDEXES =
      ImmutableList.of("INTX", "MSI", "MSIX", "ERR", "REQ", "5", "4294967295");
  private static final ImmutableList<String> SMALL =
      ImmutableList.of("0", "1", "2", "3", "4", "-1", "4294967295");
  private static final ImmutableList<String> GSIS =
      ImmutableList.of("24", "25", "10", "9", "8", "0", "32", "4095", "4096", "4294967295");
  private static final ImmutableList<String> NUMBERS =
      ImmutableList.of(
          "0",
          "1",
          "2",
          "3",
          "4",
          "8",
          "16",
          "20",
          "31",
          "32",
          "64",
          "255",
          "256",
          "0x1ff",
          "4096",
          "8192",
          "8193",
          "65536",
          "-1",
          "-2",
          "2147483647",
          "4294967295",
          "0xfee00000",
          "0x08090040",
          "18446744073709551615");
  private static final ImmutableList<String> ROUTES =
      ImmutableList.of(
          "msi:24:0xfee00000:0x41",
          "irqchip:10:2:10",
          "irqchip:10:0:10",
          "msi:10:0x08090040:0:0:1:32",
          "msi:24:0xfee00000:0x41;msi:25:0xfee01000:0x42",
          "msi:24:0x08090040:1:0:1:32;irqchip:10:0:10",
          "msi:24:0xfee00000:0x441",
          "msi:24:0xfee00000:0x41;msi:24:0xfee00000:0x42",
          "hv_sint:5:0:16",
          "7:1",
          "msi:4095:-1:-1:-1",
          "");

  private AnyOperation() {}

  static Operation of(Choices choices) {
    OperationSchema schema = choices.of(SCHEMAS);
    List<Object> arguments = new ArrayList<>();
    for (ArgumentSchema argument : schema.arguments().values()) {
      if (argument.required() || choices.next() % 3 != 0) {
        arguments.add(argument.name());
        arguments.add(value(choices, argument));
      }
    }
    return Operation.of(schema.name(), arguments.toArray());
  }

  private static String value(Choices choices, ArgumentSchema argument) {
    ArgumentKind kind = argument.kind();
    return switch (kind) {
      case INTEGER -> integer(choices, argument.name());
      case NAME ->
          switch (argument.name()) {
            case "vm" -> choices.of(ImmutableList.of("v0", "v0", "v0", "v1"));
            case "kv" -> choices.of(ImmutableList.of("k0", "k0", "k0", "k1"));
            default -> choices.of(EVENTFDS);
          };
      case DEVICE -> choices.of(Subject.DEVICES.keySet().asList());
      case DESCRIPTOR -> choices.of(DESCRIPTORS);
      case DESCRIPTORS -> choices.of(DESCRIPTOR_LISTS);
      case INTEGERS -> choices.of(INTEGER_LISTS);
      case INDEX -> choices.of(INDEXES);
      case WORD -> choices.of(argument.words().asList());
      case FLAGS -> flags(choices, argument.words().asList());
      case LETTERS -> choices.of(ImmutableList.of("s", "F", "G", "ad", "A", "D", "st"));
      case ROUTES -> choices.of(ROUTES);
      case TEXT -> "x";
    };
  }

  /** Any of an argument's words, by bits. */
  private static String flags(Choices choices, ImmutableList<String> words) {
    int bits = choices.next();
    List<String> chosen = new ArrayList<>();
    for (int i = 0; i < words.size(); i++) {
      if ((bits & 1 << i) != 0) {
        chosen.add(words.get(i));
      }
    }
    return chosen.isEmpty() ? Integer.toString(bits) : String.join("|", chosen);
  }

  private static String integer(Choices choices, String name) {
    int choice = choices.next();
    if (choice == 0xff) {
      return Integer.toUnsignedString(choices.nextInt());
    }
    ImmutableList<String> from =
        switch (name) {
          case "vcpu", "vcpu2", "start", "count", "vcpus", "slot", "token", "vector", "level" ->
              SMALL;
          case "gsi", "pin", "spi" -> GSIS;
          default -> NUMBERS;
        };
    return from.get(choice % from.size());
  }
}
