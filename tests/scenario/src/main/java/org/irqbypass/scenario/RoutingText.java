package org.irqbypass.scenario;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.RoutingEntry;

/** Reads the routing entries of {@code kvm.routing}. */
public final class RoutingText {
  private static final Splitter ENTRIES = Splitter.on(';').omitEmptyStrings().trimResults();
  private static final Splitter FIELDS = Splitter.on(':');
  private static final ImmutableSet<String> TYPES = ImmutableSet.of("msi", "irqchip", "hv_sint");
  private static final int HEADER_SIZE = 8;
  private static final int ENTRY_SIZE = 48;

  /** The message of entries that only fill a table. */
  private static final long FILL_ADDRESS = 0xfee00000L;

  private final Operation op;

  private RoutingText(Operation op) {
    this.op = op;
  }

  /**
   * The entries that an operation names, those that only fill the table behind the others.
   *
   * @param op a {@code kvm.routing}
   * @return the entries, in order
   * @throws InputException if one makes no sense
   */
  public static ImmutableList<RoutingEntry> entries(Operation op) {
    RoutingText text = new RoutingText(op);
    ImmutableList.Builder<RoutingEntry> entries = ImmutableList.builder();
    for (String entry : ENTRIES.split(op.text("entries", ""))) {
      entries.add(text.entry(entry));
    }
    int fill = op.u32("fill", 0);
    int base = op.u32("fill_base", 0);
    if (fill < 0 || fill > 1 << 16) {
      throw op.wrong("fill", "at most 65536");
    }
    for (int i = 0; i < fill; i++) {
      entries.add(RoutingEntry.msi(base + i, FILL_ADDRESS, 0));
    }
    return entries.build();
  }

  /**
   * Refuses entries that make no sense.
   *
   * @throws InputException if there is one
   */
  static void check(Operation op) {
    RoutingText text = new RoutingText(op);
    ENTRIES.split(op.text("entries")).forEach(text::entry);
  }

  private RoutingEntry entry(String text) {
    List<String> fields = FIELDS.splitToList(text);
    int gsi = number(fields, 1, text);
    return switch (fields.get(0)) {
      case "msi" -> message(fields, gsi, text);
      case "irqchip" -> {
        check(fields, 4, 5, text);
        yield new RoutingEntry.Irqchip(
            gsi, optional(fields, 4, text), number(fields, 2, text), number(fields, 3, text));
      }
      case "hv_sint" -> {
        check(fields, 4, 5, text);
        yield new RoutingEntry.HypervSint(
            gsi, optional(fields, 4, text), number(fields, 2, text), number(fields, 3, text));
      }
      default -> {
        check(fields, 2, 3, text);
        yield new RoutingEntry.Other(gsi, number(fields, 0, text), optional(fields, 2, text));
      }
    };
  }

  private RoutingEntry message(List<String> fields, int gsi, String text) {
    check(fields, 4, 7, text);
    return new RoutingEntry.Message(
        gsi,
        new Msi(
            number(fields, 2, text),
            optional(fields, 4, text),
            number(fields, 3, text),
            optional(fields, 5, text),
            optional(fields, 6, text)));
  }

  private void check(List<String> fields, int least, int most, String text) {
    if (fields.size() < least || fields.size() > most) {
      throw wrong(text);
    }
  }

  private int optional(List<String> fields, int index, String text) {
    return index < fields.size() ? number(fields, index, text) : 0;
  }

  private int number(List<String> fields, int index, String text) {
    Long number = index < fields.size() ? Numbers.parse(fields.get(index)) : null;
    if (number == null) {
      throw wrong(text);
    }
    return number.intValue();
  }

  private InputException wrong(String text) {
    return op.wrong(
        "entries",
        "msi:GSI:LO:DATA[:HI[:FLAGS[:DEVID]]], irqchip:GSI:CHIP:PIN[:FLAGS],"
            + " hv_sint:GSI:VCPU:SINT or TYPE:GSI[:FLAGS] instead of "
            + InputException.quote(text)
            + nearest(FIELDS.split(text).iterator().next()));
  }

  private static String nearest(String type) {
    return TYPES.contains(type) || Numbers.isNumber(type) ? "" : Suggestion.of(type, TYPES);
  }

  /**
   * {@code struct kvm_irq_routing}, with a header that may claim another number of entries.
   *
   * @param entries what follows the header
   * @param nr what the header claims
   * @param flags the header's flags
   * @return the table, from its header on
   */
  public static ByteBuffer binary(List<RoutingEntry> entries, int nr, int flags) {
    ByteBuffer table =
        ByteBuffer.allocate(HEADER_SIZE + ENTRY_SIZE * entries.size())
            .order(ByteOrder.nativeOrder());
    table.putInt(nr).putInt(flags);
    for (RoutingEntry entry : entries) {
      int at = table.position();
      table.putInt(entry.gsi()).putInt(entry.type()).putInt(entry.flags()).putInt(0);
      if (entry instanceof RoutingEntry.Message message) {
        Msi msi = message.message();
        table.putInt(msi.addressLo()).putInt(msi.addressHi()).putInt(msi.data());
        table.putInt(msi.devid());
      } else if (entry instanceof RoutingEntry.Irqchip irqchip) {
        table.putInt(irqchip.irqchip()).putInt(irqchip.pin());
      } else if (entry instanceof RoutingEntry.HypervSint sint) {
        table.putInt(sint.vcpu()).putInt(sint.sint());
      }
      table.position(at + ENTRY_SIZE);
    }
    return table.flip();
  }
}
