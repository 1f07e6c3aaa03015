package org.irqbypass.comparison.command;

import java.nio.file.Path;
import org.irqbypass.comparison.cost.CostModel;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** What things cost in modelled time, for the commands that tell it. */
final class CostsOption {
  @Option(
      names = "--costs",
      paramLabel = "FILE",
      description =
          "What things cost in modelled time, where it differs from what the costs command prints."
              + " Counts do not depend on it.")
  private @Nullable Path file;

  CostsOption() {}

  /** The file; null: the defaults. */
  @Nullable Path file() {
    return file;
  }

  /** The costs. */
  CostModel model() {
    return file == null ? CostModel.defaults() : CostModel.read(file);
  }
}
