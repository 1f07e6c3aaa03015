package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The room's README tells the whole vocabulary, in its order. */
class ReadmeTest {
  @Test
  void theTableIsTheVocabulary() throws IOException {
    List<String> lines = Files.readAllLines(Path.of("README.md"));
    List<String> table = Vocabulary.toMarkdown();
    int begin = lines.indexOf(table.get(0));
    assertThat(begin).isAtLeast(0);
    assertThat(lines.subList(begin, Math.min(begin + table.size(), lines.size()))).isEqualTo(table);
  }
}
