package org.irqbypass.scenario;

import com.google.common.base.Splitter;
import java.util.function.ToIntFunction;

/** Reads flags written as words and numbers with | between them. */
public final class Flags {
  private static final Splitter BAR = Splitter.on('|');

  private Flags() {}

  /**
   * The bits of an argument.
   *
   * @param operation has the argument or not
   * @param argument its name
   * @param bits the bits of a word
   * @return all bits, as 32 bits; 0 if the argument was not written
   */
  public static int of(Operation operation, String argument, ToIntFunction<String> bits) {
    String text = operation.textOrNull(argument);
    int all = 0;
    if (text != null) {
      for (String word : BAR.split(text)) {
        Long number = Numbers.parse(word);
        all |= number == null ? bits.applyAsInt(word) : number.intValue();
      }
    }
    return all;
  }
}
