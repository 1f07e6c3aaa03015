package org.irqbypass.comparison.command;

import com.google.common.collect.ImmutableMap;
import org.irqbypass.comparison.catalogue.Subject;
import org.jspecify.annotations.Nullable;

/** The host platforms, in words. */
final class Hosts {
  private static final ImmutableMap<String, String> SUMMARIES =
      ImmutableMap.<String, String>builder()
          .put("x86-remapped", "interrupt remapping without posting: nothing can be bypassed")
          .put("x86-posted", "VT-d posted interrupts: MSIs reach a running vCPU without the host")
          .put(
              "x86-avic",
              "AMD AVIC: the IOMMU writes the virtual APIC of a vCPU, which need not run")
          .put("arm64-gicv2", "wired interrupts are completed by the guest")
          .put("arm64-gicv3", "the same with a GICv3 and an ITS")
          .put("arm64-gicv4", "MSIs reach the guest as virtual LPIs, without the host")
          .buildOrThrow();

  private Hosts() {}

  /** A subject on its own host, or on another. */
  static Subject on(Subject subject, @Nullable String platform) {
    return platform == null ? subject : subject.on(platform);
  }

  static ImmutableMap<String, String> summaries() {
    return SUMMARIES;
  }
}
