package org.irqbypass.soak;

import static java.util.stream.Collectors.joining;

import com.google.common.collect.Lists;
import java.util.List;
import java.util.Locale;

/** What a load came to, for people. */
final class Report {
  private static final String ROW = "%-22s %13s %13s %13s %10s %8s %11s %5s %10s%n";

  private static final int CHANGES_A_LINE = 5;

  private final List<Site> sites;
  private final HeapWatch heap;
  private final long nanos;

  Report(List<Site> sites, HeapWatch heap, long nanos) {
    this.sites = sites;
    this.heap = heap;
    this.nanos = nanos;
  }

  Account total() {
    Account total = new Account();
    sites.forEach(site -> total.add(site.account()));
    return total;
  }

  long calls() {
    return sites.stream().mapToLong(Site::calls).sum();
  }

  boolean isSound() {
    return sites.stream().allMatch(site -> site.account().balances()) && heap.isFlat();
  }

  String text() {
    StringBuilder text = new StringBuilder();
    text.append(
        String.format(
            Locale.ROOT,
            ROW,
            "interrupts",
            "raised",
            "bypassed",
            "delivered",
            "coalesced",
            "masked",
            "untriggered",
            "lost",
            "duplicated"));
    for (Site site : sites) {
      text.append(row(site.machine().label(), site.account()));
    }
    text.append(row("all", total()));
    text.append(
        String.format(
            Locale.ROOT,
            "%nconfiguration calls    %,d, one for %,d interrupts%n",
            calls(),
            total().raised / Math.max(1, calls())));
    for (List<Change> some : Lists.partition(List.of(Change.values()), CHANGES_A_LINE)) {
      text.append(
          some.stream()
              .map(change -> change.label() + " " + number(calls(change)))
              .collect(joining(", ", "  ", System.lineSeparator())));
    }
    text.append(
        String.format(
            Locale.ROOT, "throughput             %s, for %.1f s%n", throughput(), seconds()));
    text.append(
        "heap in use, MB        "
            + heap.bytes().stream()
                .map(bytes -> String.format(Locale.ROOT, "%.1f", bytes / (double) (1 << 20)))
                .collect(joining(" "))
            + System.lineSeparator());
    text.append(verdict()).append(System.lineSeparator());
    return text.toString();
  }

  String throughput() {
    return String.format(Locale.ROOT, "%,.0f interrupts a second", total().raised / seconds());
  }

  private double seconds() {
    return nanos / 1e9;
  }

  long calls(Change change) {
    return sites.stream().mapToLong(site -> site.calls(change)).sum();
  }

  private static String row(String label, Account account) {
    return String.format(
        Locale.ROOT,
        ROW,
        label,
        number(account.raised),
        number(account.bypassed),
        number(account.delivered),
        number(account.coalesced),
        number(account.masked),
        number(account.untriggered),
        number(account.lost),
        number(account.duplicated));
  }

  private static String number(long value) {
    return String.format(Locale.ROOT, "%,d", value);
  }

  private String verdict() {
    Account total = total();
    if (sites.stream().allMatch(site -> site.account().balances())) {
      return "The account balances: raised is delivered, coalesced, masked and untriggered, to the last."
          + (heap.isFlat()
              ? ""
              : String.format(
                  Locale.ROOT, "%nThe heap grew by %.1f MB.", heap.growth() / (double) (1 << 20)));
    }
    return String.format(
        Locale.ROOT,
        "THE ACCOUNT DOES NOT BALANCE: %,d lost, %,d duplicated, %,d vCPUs slept on.",
        total.lost,
        total.duplicated,
        total.asleep);
  }
}
