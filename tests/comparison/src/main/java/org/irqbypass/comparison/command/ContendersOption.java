package org.irqbypass.comparison.command;

import com.google.common.collect.ImmutableSet;
import com.google.common.collect.Sets;
import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import org.irqbypass.comparison.contender.Contender;
import picocli.CommandLine.Option;

/** Who runs scenarios, of commands that show several beside each other. */
final class ContendersOption {
  @Option(
      names = "--contender",
      paramLabel = "CONTENDER",
      description = "Only this one: ${COMPLETION-CANDIDATES}. May be given several times.",
      converter = ContenderConverter.class,
      completionCandidates = SubjectNames.Contenders.class)
  private List<Contender> contenders = new ArrayList<>();

  ContendersOption() {}

  /** Those that were named, each once and in their order; all unless one was. */
  ImmutableSet<Contender> wanted() {
    return Sets.immutableEnumSet(
        contenders.isEmpty() ? EnumSet.allOf(Contender.class) : contenders);
  }
}
