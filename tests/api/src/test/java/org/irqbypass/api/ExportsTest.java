package org.irqbypass.api;

import static com.google.common.truth.Truth.assertThat;
import static java.util.stream.Collectors.toSet;

import java.io.IOException;
import java.lang.module.ModuleDescriptor;
import java.lang.module.ModuleFinder;
import java.lang.module.ModuleReference;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/** What is API is exported; what is not is not needed to use what is. */
class ExportsTest {
  private static final Pattern OWN_TYPE = Pattern.compile("org\\.irqbypass\\.[\\w.$]+");

  private final List<ModuleDescriptor> modules =
      ModuleFinder.of(LibraryRooms.locations().toArray(Path[]::new)).findAll().stream()
          .map(ModuleReference::descriptor)
          .toList();

  @Test
  void everyPublicTypeIsExportedToEverybody() {
    Set<String> exported =
        modules.stream()
            .flatMap(module -> module.exports().stream())
            .filter(export -> !export.isQualified())
            .map(ModuleDescriptor.Exports::source)
            .collect(toSet());
    Set<String> packages =
        Signatures.of(LibraryRooms.classFiles()).types().stream()
            .map(name -> name.substring(0, name.lastIndexOf('.')))
            .collect(toSet());
    assertThat(exported).containsExactlyElementsIn(packages);
  }

  @Test
  void noPackageIsOpenedToReflection() {
    assertThat(modules).hasSize(4);
    for (ModuleDescriptor module : modules) {
      assertThat(module.isOpen()).isFalse();
      assertThat(module.opens()).isEmpty();
    }
  }

  @Test
  void noSignatureNamesATypeThatIsHidden() throws IOException {
    Signatures signatures = Signatures.of(LibraryRooms.classFiles());
    assertThat(
            OWN_TYPE
                .matcher(Baseline.list(signatures))
                .results()
                .map(MatchResult::group)
                .filter(name -> name.matches(".*\\.[A-Z]\\w*(\\$\\w+)*")) // not the ends of members
                .collect(toSet()))
        .containsExactlyElementsIn(signatures.types());
  }
}
