package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import org.jspecify.annotations.Nullable;

/**
 * A piece of JSON or YAML and where it stands: text, lists and maps, never an object of a class. A
 * reader asks it for what it expects, and what it finds instead is a complaint with the place.
 */
public sealed interface Node {
  /** Where it begins. */
  Position position();

  /** What it is, for a message. */
  String what();

  /** What a scalar was written as. */
  enum Kind {
    STRING("text"),
    NUMBER("a number"),
    BOOLEAN("true or false"),
    NULL("null");

    private final String what;

    Kind(String what) {
      this.what = what;
    }
  }

  /** Text, a number, true, false or null. */
  record Scalar(Kind kind, String text, Position position) implements Node {
    /** What somebody wrote on one line, where it can only be told by its look. */
    static Scalar of(String text, Position position) {
      Kind kind =
          switch (text) {
            case "true", "false" -> Kind.BOOLEAN;
            case "null", "none" -> Kind.NULL;
            default -> Numbers.isNumber(text) ? Kind.NUMBER : Kind.STRING;
          };
      return new Scalar(kind, text, position);
    }

    @Override
    public String what() {
      return kind == Kind.STRING || kind == Kind.NUMBER
          ? kind.what + " " + InputException.quote(text)
          : text;
    }
  }

  /** A list. */
  record Sequence(ImmutableList<Node> items, Position position) implements Node {
    @Override
    public String what() {
      return "a list";
    }
  }

  /**
   * A map from text, in order.
   *
   * @param keys where each key stands
   */
  record Mapping(
      ImmutableMap<String, Node> entries, ImmutableMap<String, Position> keys, Position position)
      implements Node {
    /** A map whose keys stand nowhere in particular. */
    Mapping(ImmutableMap<String, Node> entries, Position position) {
      this(entries, ImmutableMap.of(), position);
    }

    @Override
    public String what() {
      return "a map";
    }

    /** Where a key stands, or else what it means. */
    public Position keyPosition(String key) {
      return keys.getOrDefault(key, entry(key).position());
    }

    /** An entry that must be there. */
    public Node entry(String key) {
      Node node = entries.get(key);
      if (node == null) {
        throw new InputException(position, key + " is missing");
      }
      return node;
    }

    /** An entry, or null where it is missing or written as null. */
    public @Nullable Node entryOrNull(String key) {
      Node node = entries.get(key);
      return node == null || node.isNull() ? null : node;
    }

    /** The text of an entry that must be there. */
    public String text(String key) {
      return entry(key).asText(key);
    }

    /** The text of an entry, or what is used where it is missing. */
    public String text(String key, String otherwise) {
      Node node = entryOrNull(key);
      return node == null ? otherwise : node.asText(key);
    }

    /** The text of an entry, or null where it is missing. */
    public @Nullable String textOrNull(String key) {
      Node node = entryOrNull(key);
      return node == null ? null : node.asText(key);
    }

    int count(String key, int otherwise) {
      Node node = entryOrNull(key);
      return node == null ? otherwise : node.asCount(key);
    }

    boolean flag(String key, boolean otherwise) {
      Node node = entryOrNull(key);
      return node == null ? otherwise : node.asFlag(key);
    }

    /** Refuses keys that mean nothing here. */
    public void only(ImmutableList<String> known, String where) {
      for (String key : entries.keySet()) {
        if (!known.contains(key)) {
          throw new InputException(
              keyPosition(key),
              where + " has no " + InputException.quote(key) + Suggestion.of(key, known));
        }
      }
    }
  }

  /** Whether it is written as null. */
  default boolean isNull() {
    return this instanceof Scalar scalar && scalar.kind() == Kind.NULL;
  }

  /** Whether it is text, and neither a number nor true, false or null by its look. */
  default boolean isText() {
    return this instanceof Scalar scalar && scalar.kind() == Kind.STRING;
  }

  /** A complaint about this piece. */
  default InputException wrong(String name, String expected) {
    return new InputException(position(), name + " is " + what() + ", expected " + expected);
  }

  /** The text; {@code name} says in a complaint what it is. */
  default String asText(String name) {
    if (this instanceof Scalar scalar && scalar.kind() != Kind.NULL) {
      return scalar.text();
    }
    throw wrong(name, "text");
  }

  /** A number that counts something. */
  default int asCount(String name) {
    if (this instanceof Scalar scalar && scalar.kind() == Kind.NUMBER) {
      Long number = Numbers.parse(scalar.text());
      if (number != null && number >= 0 && number <= Integer.MAX_VALUE) {
        return number.intValue();
      }
    }
    throw wrong(name, "a count from 0");
  }

  /** An integer. */
  default long asNumber(String name) {
    if (this instanceof Scalar scalar && scalar.kind() == Kind.NUMBER) {
      Long number = Numbers.parse(scalar.text());
      if (number != null) {
        return number;
      }
    }
    throw wrong(name, "an integer");
  }

  /** A number with or without a decimal point; null if it is none, or not finite. */
  default @Nullable Double asDecimalOrNull() {
    if (this instanceof Scalar scalar && scalar.kind() == Kind.NUMBER) {
      try {
        double number = Double.parseDouble(scalar.text());
        return Double.isFinite(number) ? number : null;
      } catch (NumberFormatException otherwiseWritten) {
        return null;
      }
    }
    return null;
  }

  /** True or false. */
  default boolean asFlag(String name) {
    if (this instanceof Scalar scalar && scalar.kind() == Kind.BOOLEAN) {
      return scalar.text().equals("true");
    }
    throw wrong(name, "true or false");
  }

  /** A map. */
  default Mapping asMapping(String name) {
    if (this instanceof Mapping mapping) {
      return mapping;
    }
    throw wrong(name, "a map");
  }

  /** The pieces of a list. */
  default ImmutableList<Node> asItems(String name) {
    if (this instanceof Sequence sequence) {
      return sequence.items();
    }
    throw wrong(name, "a list");
  }

  /** The piece as plain values: Long, String, Boolean, List and Map; null becomes an empty text. */
  default Object toValue() {
    if (this instanceof Sequence sequence) {
      return sequence.items().stream().map(Node::toValue).collect(ImmutableList.toImmutableList());
    }
    if (this instanceof Mapping mapping) {
      ImmutableMap.Builder<String, Object> values = ImmutableMap.builder();
      mapping.entries().forEach((key, node) -> values.put(key, node.toValue()));
      return values.buildOrThrow();
    }
    Scalar scalar = (Scalar) this;
    Long number = scalar.kind() == Kind.NUMBER ? Numbers.parse(scalar.text()) : null;
    return number != null ? number : scalar.kind() == Kind.NULL ? "" : scalar.text();
  }

  /** The piece on one line, as an operation's argument is written. */
  default String toArgument() {
    if (this instanceof Sequence sequence) {
      return String.join(",", sequence.items().stream().map(Node::toArgument).toList());
    }
    if (this instanceof Mapping mapping) {
      return String.join(
          ",",
          mapping.entries().entrySet().stream()
              .map(e -> e.getKey() + ":" + e.getValue().toArgument())
              .toList());
    }
    return ((Scalar) this).text();
  }
}
