package org.irqbypass.scenario;

import com.google.common.base.Splitter;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * One call, or one thing that a device or a guest does: a name of the {@link Vocabulary} and
 * arguments. Immutable. Written in one line as {@code name key=value key=value}; a value with
 * spaces stands between double quotes, in which {@code \"}, {@code \\} and {@code \n} stand for a
 * quote, a backslash and a new line.
 *
 * <p>Two operations are equal if their names and arguments are, wherever they were written.
 */
public final class Operation {
  private static final Splitter COMMA = Splitter.on(',').omitEmptyStrings();

  private final OperationSchema schema;
  private final ImmutableMap<String, Argument> arguments;
  private final Position position;

  Operation(OperationSchema schema, ImmutableMap<String, Argument> arguments, Position position) {
    this.schema = schema;
    this.arguments = arguments;
    this.position = position;
  }

  /**
   * Reads an operation from its line.
   *
   * @param text such as {@code ef.new fd=e0}
   * @return the operation, checked against the vocabulary
   * @throws InputException if it is none
   */
  public static Operation parse(String text) {
    return parse(text, new Position("operation", 1, 1));
  }

  /**
   * Reads an operation from its line.
   *
   * @param text such as {@code ef.new fd=e0}
   * @param position where the text begins
   * @return the operation, checked against the vocabulary
   * @throws InputException if it is none
   */
  public static Operation parse(String text, Position position) {
    return new OperationText(text, position).parse();
  }

  /**
   * Makes an operation in a program.
   *
   * @param name of the vocabulary
   * @param namesAndValues an argument's name, its value, the next one's name...
   * @return the operation, checked against the vocabulary
   * @throws InputException if the vocabulary has no such operation
   */
  public static Operation of(String name, Object... namesAndValues) {
    Map<String, Argument> arguments = new LinkedHashMap<>();
    for (int i = 0; i < namesAndValues.length; i += 2) {
      String key = namesAndValues[i].toString();
      arguments.put(key, new Argument(key, namesAndValues[i + 1].toString(), Position.NONE));
    }
    return Vocabulary.check(name, arguments, Position.NONE, true);
  }

  /**
   * This operation with one argument more, or another value of one it has.
   *
   * @param name the argument
   * @param value its value
   * @return the new operation, at the same position
   */
  public Operation with(String name, Object value) {
    Map<String, Argument> changed = new LinkedHashMap<>(arguments);
    changed.put(name, new Argument(name, value.toString(), position));
    return Vocabulary.check(schema.name(), changed, position, true);
  }

  /**
   * The operation's name.
   *
   * @return a name of the vocabulary
   */
  public String name() {
    return schema.name();
  }

  /**
   * What the vocabulary says of it.
   *
   * @return the schema it was checked against
   */
  public OperationSchema schema() {
    return schema;
  }

  /**
   * Where it was written.
   *
   * @return {@link Position#NONE} if a program made it
   */
  public Position position() {
    return position;
  }

  /**
   * Whether an argument was given.
   *
   * @param name the argument
   * @return true if it was written
   */
  public boolean has(String name) {
    return arguments.containsKey(name);
  }

  /**
   * The arguments as they were written.
   *
   * @return values by name, in order
   */
  public ImmutableMap<String, String> arguments() {
    ImmutableMap.Builder<String, String> values = ImmutableMap.builder();
    arguments.values().forEach(a -> values.put(a.name(), a.value()));
    return values.buildOrThrow();
  }

  /**
   * An argument as it was written.
   *
   * @param name the argument
   * @return its value
   * @throws InputException if it was not written
   */
  public String text(String name) {
    return argument(name).value();
  }

  /**
   * An argument as it was written.
   *
   * @param name the argument
   * @param otherwise what it is if it was not written
   * @return its value
   */
  public String text(String name, String otherwise) {
    Argument argument = arguments.get(name);
    return argument == null ? otherwise : argument.value();
  }

  /**
   * An argument that may be left out.
   *
   * @param name the argument
   * @return its value, or null
   */
  public @Nullable String textOrNull(String name) {
    Argument argument = arguments.get(name);
    return argument == null ? null : argument.value();
  }

  /**
   * A number.
   *
   * @param name the argument
   * @return its 64 bits, signed or unsigned as it was written
   * @throws InputException if it was not written or is no integer
   */
  public long integer(String name) {
    return integer(argument(name), argument(name).value());
  }

  /**
   * A number.
   *
   * @param name the argument
   * @param otherwise what it is if it was not written
   * @return its 64 bits
   * @throws InputException if it is no integer
   */
  public long integer(String name, long otherwise) {
    Argument argument = arguments.get(name);
    return argument == null ? otherwise : integer(argument, argument.value());
  }

  /**
   * A number that the kernel takes as 32 bits.
   *
   * @param name the argument
   * @return its 32 bits; -1 and 4294967295 are the same
   * @throws InputException if it was not written or does not fit
   */
  public int u32(String name) {
    return u32(argument(name), argument(name).value());
  }

  /**
   * A number that the kernel takes as 32 bits.
   *
   * @param name the argument
   * @param otherwise what it is if it was not written
   * @return its 32 bits
   * @throws InputException if it does not fit
   */
  public int u32(String name, int otherwise) {
    Argument argument = arguments.get(name);
    return argument == null ? otherwise : u32(argument, argument.value());
  }

  /**
   * A switch written as 0 or 1.
   *
   * @param name the argument
   * @param otherwise what it is if it was not written
   * @return true unless it is 0
   * @throws InputException if it is no integer
   */
  public boolean flag(String name, boolean otherwise) {
    return integer(name, otherwise ? 1 : 0) != 0;
  }

  /**
   * Words with commas between them.
   *
   * @param name the argument
   * @return the words; none if the argument was not written
   */
  public ImmutableList<String> list(String name) {
    return ImmutableList.copyOf(COMMA.split(text(name, "")));
  }

  /**
   * Integers with commas between them.
   *
   * @param name the argument
   * @return the numbers; none if the argument was not written
   * @throws InputException if one is no integer
   */
  public ImmutableList<Long> integers(String name) {
    ImmutableList.Builder<Long> numbers = ImmutableList.builder();
    for (String word : list(name)) {
      numbers.add(integer(argument(name), word));
    }
    return numbers.build();
  }

  /**
   * A complaint about one argument.
   *
   * @param name the argument
   * @param expected what should have been written
   * @return the exception, for the caller to throw
   */
  public InputException wrong(String name, String expected) {
    Argument argument = arguments.get(name);
    if (argument == null) {
      return new InputException(position, name() + " needs " + name + "=, " + expected);
    }
    return wrong(argument, argument.value(), expected);
  }

  private InputException wrong(Argument argument, String value, String expected) {
    return new InputException(
        argument.position(),
        argument.name()
            + " of "
            + name()
            + " is "
            + InputException.quote(value)
            + ", expected "
            + expected);
  }

  private Argument argument(String name) {
    Argument argument = arguments.get(name);
    if (argument == null) {
      ArgumentSchema missing = schema.arguments().get(name);
      throw wrong(name, missing == null ? ArgumentKind.TEXT.expected() : missing.expected());
    }
    return argument;
  }

  private long integer(Argument argument, String value) {
    Long number = Numbers.parse(value);
    if (number == null) {
      throw wrong(argument, value, ArgumentKind.INTEGER.expected());
    }
    return number;
  }

  private int u32(Argument argument, String value) {
    long number = integer(argument, value);
    if (number > 0xffffffffL || number < Integer.MIN_VALUE) {
      throw wrong(argument, value, "an integer of 32 bits");
    }
    return (int) number;
  }

  /**
   * The operation in one line.
   *
   * @return what {@link #parse(String)} reads
   */
  public String toText() {
    StringBuilder text = new StringBuilder(schema.name());
    for (Argument argument : arguments.values()) {
      text.append(' ').append(argument.name()).append('=');
      OperationText.write(argument.value(), text);
    }
    return text.toString();
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Operation that
        && schema.name().equals(that.schema.name())
        && arguments.equals(that.arguments);
  }

  @Override
  public int hashCode() {
    return 31 * schema.name().hashCode() + arguments.hashCode();
  }

  @Override
  public String toString() {
    return toText();
  }
}
