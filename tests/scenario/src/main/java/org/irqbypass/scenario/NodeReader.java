package org.irqbypass.scenario;

import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParseException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.io.JsonEOFException;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.io.IOException;
import java.util.LinkedHashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.error.MarkedYAMLException;
import org.yaml.snakeyaml.error.YAMLException;

/**
 * Reads one document of JSON or YAML into {@link Node}s. Depth and size are limited, so that no
 * input costs more than it is long; YAML's aliases and tags, by which a short text becomes a long
 * one or an object, are refused.
 */
final class NodeReader {
  /** Lists and maps may be this deep. */
  private static final int DEEPEST = 32;

  /** A document may have this many pieces. */
  private static final int MOST = 1_000_000;

  static final String NO_ANCHORS = "anchors and aliases (& and *) are not allowed";

  private final JsonParser parser;
  private final String source;
  private final int firstLine;
  private int pieces;

  /**
   * Reads a document.
   *
   * @param firstLine the line of the source on which the document begins
   */
  private NodeReader(JsonParser parser, String source, int firstLine) {
    this.parser = parser;
    this.source = source;
    this.firstLine = firstLine;
  }

  /** Reads the only document; nothing may follow it. */
  static Node read(JsonParser parser, String source, int firstLine) {
    NodeReader reader = new NodeReader(parser, source, firstLine);
    try {
      if (parser.nextToken() == null) {
        throw new InputException(new Position(source, firstLine, 1), "there is nothing here");
      }
      Node node = reader.node(0);
      if (parser.nextToken() != null) {
        throw new InputException(reader.here(), "something follows where the end was expected");
      }
      return node;
    } catch (JsonProcessingException wrong) {
      throw reader.complaint(wrong);
    } catch (MarkedYAMLException wrong) {
      throw reader.complaint(wrong);
    } catch (YAMLException wrong) {
      throw new InputException(reader.here(), firstLine(String.valueOf(wrong.getMessage())));
    } catch (IOException unreadable) {
      throw new InputException(reader.here(), firstLine(String.valueOf(unreadable.getMessage())));
    }
  }

  private Node node(int depth) throws IOException {
    if (parser instanceof YAMLParser yaml) {
      refuseAliasAndTag(yaml);
    }
    if (++pieces > MOST) {
      throw new InputException(here(), "there are more than " + MOST + " pieces");
    }
    if (depth > DEEPEST) {
      throw new InputException(here(), "lists and maps are nested more than " + DEEPEST + " deep");
    }
    Position position = here();
    return switch (parser.currentToken()) {
      case START_OBJECT -> mapping(depth, position);
      case START_ARRAY -> sequence(depth, position);
      case VALUE_STRING ->
          new Node.Scalar(Node.Kind.STRING, text(parser.getText(), position), position);
      case VALUE_NUMBER_INT, VALUE_NUMBER_FLOAT ->
          new Node.Scalar(Node.Kind.NUMBER, parser.getText(), position);
      case VALUE_TRUE, VALUE_FALSE ->
          new Node.Scalar(Node.Kind.BOOLEAN, parser.getText(), position);
      case VALUE_NULL -> new Node.Scalar(Node.Kind.NULL, "null", position);
      default -> throw new InputException(position, "expected a value");
    };
  }

  /** Text that does to a terminal what text does: lines, and nothing else. */
  private static String text(String text, Position position) {
    if (text.chars().anyMatch(c -> Character.isISOControl(c) && "\t\n\r".indexOf(c) < 0)) {
      throw new InputException(
          position, InputException.quote(text) + " has a control character in it");
    }
    return text;
  }

  private Node mapping(int depth, Position position) throws IOException {
    Map<String, Node> entries = new LinkedHashMap<>();
    ImmutableMap.Builder<String, Position> keys = ImmutableMap.builder();
    while (parser.nextToken() != JsonToken.END_OBJECT) {
      if (parser instanceof YAMLParser yaml) {
        refuseAliasAndTag(yaml);
      }
      Position keyPosition = here();
      String key = text(parser.currentName(), keyPosition);
      parser.nextToken();
      if (entries.put(key, node(depth + 1)) != null) {
        throw new InputException(keyPosition, InputException.quote(key) + " is there twice");
      }
      keys.put(key, keyPosition);
    }
    return new Node.Mapping(ImmutableMap.copyOf(entries), keys.buildOrThrow(), position);
  }

  private Node sequence(int depth, Position position) throws IOException {
    ImmutableList.Builder<Node> items = ImmutableList.builder();
    while (parser.nextToken() != JsonToken.END_ARRAY) {
      items.add(node(depth + 1));
    }
    return new Node.Sequence(items.build(), position);
  }

  private void refuseAliasAndTag(YAMLParser yaml) throws IOException {
    if (yaml.isCurrentAlias() || yaml.getObjectId() != null) {
      throw new InputException(here(), NO_ANCHORS);
    }
    if (yaml.getTypeId() != null) {
      throw new InputException(here(), "tags (!) are not allowed");
    }
  }

  private Position here() {
    return position(parser.currentTokenLocation());
  }

  private Position position(@Nullable JsonLocation location) {
    return location == null
        ? new Position(source, firstLine, 1)
        : position(location.getLineNr(), location.getColumnNr());
  }

  private Position position(int line, int column) {
    return new Position(source, firstLine + Math.max(line, 1) - 1, Math.max(column, 1));
  }

  private InputException complaint(JsonProcessingException wrong) {
    if (wrong.getCause() instanceof MarkedYAMLException yaml) {
      return complaint(yaml);
    }
    return new InputException(position(wrong.getLocation()), problem(wrong));
  }

  private static String problem(JsonProcessingException wrong) {
    String message = String.valueOf(wrong.getOriginalMessage());
    if (wrong instanceof JsonEOFException) {
      return "the JSON ends too early";
    }
    if (!(wrong instanceof JsonParseException)) {
      return firstLine(message);
    }
    if (message.contains("comma")) {
      return "this is no JSON, expected a comma or an end";
    }
    if (message.contains("colon")) {
      return "this is no JSON, expected a colon";
    }
    if (message.contains("field name")) {
      return "this is no JSON, expected a name in quotes";
    }
    if (message.contains("token") || message.contains("valid value")) {
      return "this is no JSON, expected text in quotes, a number, true, false, null, a list or a"
          + " map";
    }
    return "this is no JSON";
  }

  private InputException complaint(MarkedYAMLException wrong) {
    Mark mark = wrong.getProblemMark();
    Position position = mark == null ? here() : position(mark.getLine() + 1, mark.getColumn() + 1);
    return new InputException(position, firstLine(String.valueOf(wrong.getProblem())));
  }

  /** A parser's message in one line, without what it says of its own settings. */
  private static String firstLine(String message) {
    int end = message.indexOf('\n');
    String line = end < 0 ? message : message.substring(0, end);
    StringBuilder clean = new StringBuilder();
    line.codePoints()
        .limit(200)
        .forEach(c -> clean.appendCodePoint(Character.isISOControl(c) ? '\uFFFD' : c));
    return clean.toString();
  }
}
