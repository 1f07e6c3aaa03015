package org.irqbypass.scenario;

import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import com.fasterxml.jackson.dataformat.yaml.YAMLParser;
import java.io.IOException;
import java.io.InputStream;
import java.io.StringReader;
import java.nio.file.Path;
import org.yaml.snakeyaml.LoaderOptions;
import org.yaml.snakeyaml.Yaml;
import org.yaml.snakeyaml.error.Mark;
import org.yaml.snakeyaml.events.Event;
import org.yaml.snakeyaml.events.NodeEvent;

/** Reads the one document of a YAML file, whatever the file contains, with bounded memory. */
public final class YamlDocument {
  private YamlDocument() {}

  /**
   * Reads a file.
   *
   * @param file plain or gzipped
   * @return its document
   * @throws InputException if it cannot be read or is no YAML, with the place
   */
  public static Node read(Path file) {
    try (BoundedInput input = BoundedInput.open(file)) {
      return read(input);
    }
  }

  /**
   * Reads a stream to its end, and closes it.
   *
   * @param source what complaints call it
   * @param stream plain or gzipped
   * @return its document
   * @throws InputException if it cannot be read or is no YAML, with the place
   */
  public static Node read(String source, InputStream stream) {
    try (BoundedInput input = BoundedInput.open(source, stream)) {
      return read(input);
    }
  }

  static Node read(BoundedInput input) {
    String text = input.readAll();
    LoaderOptions limits = new LoaderOptions();
    limits.setMaxAliasesForCollections(0);
    limits.setNestingDepthLimit(50);
    limits.setCodePointLimit(BoundedInput.LONGEST_DOCUMENT);
    YAMLFactory yaml = YAMLFactory.builder().loaderOptions(limits).build();
    try (YAMLParser parser = yaml.createParser(text)) {
      Node document = NodeReader.read(parser, input.source(), 1);
      refuseAnchors(text, limits, input.source());
      return document;
    } catch (IOException impossible) {
      throw new InputException(
          new Position(input.source(), 0, 0), String.valueOf(impossible.getMessage()));
    }
  }

  /** Anchors on scalars, which the parser does not tell. */
  private static void refuseAnchors(String text, LoaderOptions limits, String source) {
    for (Event event : new Yaml(limits).parse(new StringReader(text))) {
      if (event instanceof NodeEvent node && node.getAnchor() != null) {
        Mark mark = node.getStartMark();
        throw new InputException(
            new Position(source, mark.getLine() + 1, mark.getColumn() + 1), NodeReader.NO_ANCHORS);
      }
    }
  }
}
