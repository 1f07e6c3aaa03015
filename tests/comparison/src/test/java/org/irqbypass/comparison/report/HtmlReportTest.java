package org.irqbypass.comparison.report;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSortedMap;
import com.google.common.primitives.ImmutableLongArray;
import java.math.BigInteger;
import org.irqbypass.comparison.account.Account;
import org.irqbypass.comparison.account.Exits;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.comparison.account.InterruptAccount;
import org.irqbypass.comparison.account.Way;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.cost.Charges;
import org.irqbypass.comparison.cost.Cost;
import org.irqbypass.comparison.cost.Latency;
import org.irqbypass.comparison.cost.ModelledTime;
import org.irqbypass.comparison.cost.Parameter;
import org.irqbypass.comparison.cost.Timeline;
import org.irqbypass.comparison.cost.Unit;
import org.irqbypass.comparison.cost.WayCost;
import org.irqbypass.comparison.explain.Cause;
import org.irqbypass.comparison.explore.Census;
import org.irqbypass.comparison.explore.Counterexample;
import org.irqbypass.comparison.explore.Coverage;
import org.irqbypass.comparison.explore.Ending;
import org.irqbypass.comparison.explore.Exploration;
import org.irqbypass.comparison.narrative.Lane;
import org.irqbypass.comparison.narrative.Message;
import org.irqbypass.comparison.narrative.Message.Kind;
import org.irqbypass.comparison.narrative.Phase;
import org.irqbypass.comparison.narrative.Tally;
import org.irqbypass.comparison.report.ContenderResult.AddedCall;
import org.irqbypass.comparison.snapshot.InterruptRow;
import org.irqbypass.comparison.snapshot.InterruptRow.End;
import org.irqbypass.comparison.snapshot.InterruptRow.Path;
import org.irqbypass.comparison.snapshot.Snapshot;
import org.irqbypass.comparison.snapshot.VcpuRow;
import org.irqbypass.errno.Errno;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

class HtmlReportTest {
  private static final String EVIL = "<script>alert('1 & 2')</script>\"";

  /** A comparison in which every text is hostile. */
  private static Comparison hostile() {
    Account account =
        new Account(
            3,
            1,
            0,
            0,
            new Exits(1, 0, 0),
            0,
            1,
            0,
            0,
            0,
            ImmutableList.of(
                new InterruptAccount(
                    new Interrupt(EVIL, "MSIX", 0),
                    false,
                    1,
                    0,
                    0,
                    0,
                    1,
                    1,
                    0,
                    0,
                    0,
                    0,
                    3,
                    true,
                    true)));
    ContenderResult result =
        new ContenderResult(
            Contender.EXPLICIT_LATE,
            account,
            ImmutableList.of(new AddedCall(1, EVIL, EVIL, null)),
            ImmutableList.of(
                new Phase(
                    EVIL,
                    ImmutableList.of(
                        new Message(Lane.VMM, Lane.KVM, EVIL, Kind.FORWARDING),
                        new Message(Lane.DEVICE, Lane.CONTROLLER, "**b** //i// __u__", Kind.PLAIN),
                        new Message(Lane.VMM, Lane.VMM, "a\nb\\nc <b>d</b>", Kind.REFUSED)),
                    new Tally(3, 1, 1, 1))),
            timeline());
    return new Comparison(
        1,
        new Comparison.Environment("1", "17", "here", "irqbypass " + EVIL),
        ImmutableList.of(
            new ScenarioComparison(
                EVIL,
                EVIL,
                EVIL,
                EVIL,
                EVIL,
                EVIL,
                ImmutableList.of(result),
                ImmutableList.of(EVIL),
                ImmutableList.of(EVIL),
                ImmutableList.of(EVIL),
                ImmutableList.of(explored()),
                null,
                playback())),
        ImmutableList.of(
            new Parameter(
                EVIL, EVIL, 1, Unit.NANOSECONDS, null, new Parameter.Assumption(0, 2, EVIL))),
        ImmutableList.of(new WayCost(EVIL, EVIL, ImmutableList.of(Cost.EXIT), 1, 0, 2)));
  }

  private static Timeline timeline() {
    Interrupt interrupt = new Interrupt(EVIL, "MSIX", 0);
    return new Timeline(
        ImmutableLongArray.of(10),
        ImmutableList.of(new Timeline.Raise(interrupt, 1, Way.HOST)),
        ImmutableList.of(new Timeline.Delivery(interrupt, 1, 9)),
        ImmutableList.of(new Timeline.SlowWindow(interrupt, 0, 10, 1, false)),
        new ModelledTime(
            1,
            2,
            3,
            4,
            new Latency(1, 8, 8, 8, 8),
            10,
            new Charges(ImmutableMap.of(Cost.EXIT, 1))));
  }

  private static Playback playback() {
    InterruptRow row =
        new InterruptRow(
            EVIL,
            null,
            EVIL,
            End.WAITING,
            EVIL,
            End.REFUSED,
            EVIL,
            EVIL,
            EVIL,
            true,
            Path.KERNEL,
            Cause.IRQ_ACTIVE,
            Errno.EAGAIN);
    Snapshot.Changes changes =
        new Snapshot.Changes(
            ImmutableList.of(row),
            ImmutableList.of(new VcpuRow(EVIL, EVIL, EVIL, EVIL)),
            ImmutableList.of(EVIL));
    return new Playback(
        ImmutableList.of(
            new Playback.Frame(
                EVIL,
                EVIL,
                0,
                ImmutableMap.of(
                    Contender.EXPLICIT_LATE,
                    new Playback.Moment(1, EVIL, Kind.REFUSED, "EAGAIN", EVIL, EVIL, changes)))),
        0);
  }

  private static Exploration explored() {
    Counterexample found =
        new Counterexample(
            EVIL,
            EVIL,
            EVIL,
            EVIL,
            1,
            ImmutableList.of(
                new Counterexample.Line(EVIL, EVIL, EVIL, ImmutableList.of(EVIL)),
                new Counterexample.Line("vmm", EVIL, "", ImmutableList.of())));
    Ending ending =
        new Ending(
            ImmutableSortedMap.of(new Interrupt(EVIL, "MSIX", 0), true), 1, 2, 3, 4, 0, 0, 1, 1, 1);
    return new Exploration(
        EVIL,
        Contender.EXPLICIT_LATE,
        new Census(ImmutableList.of(new Census.Share(ending, BigInteger.TEN.pow(40)))),
        new Census(ImmutableList.of()),
        new Coverage(false, 1, 2, 3, 4, 5, 0.25, 6, ImmutableList.of(EVIL)),
        ImmutableList.of(found),
        ImmutableList.of(found));
  }

  @Test
  @DisplayName("no text of a scenario becomes an element, wherever it stands")
  void escapes() {
    String page = HtmlReport.of(hostile());
    assertThat(page).doesNotContain("<script>alert");
    assertThat(page).contains("&lt;script&gt;alert");
    // Of the timeline and the five charts; and the page's own
    assertThat(page.split("<script type=\"application/json\">", -1)).hasLength(1 + 6);
    assertThat(page.split("<script>", -1)).hasLength(1 + 1);
    assertThat(page.split("</script>", -1)).hasLength(1 + 7);
  }

  @Test
  @DisplayName("the page stands alone: it loads nothing")
  void loadsNothing() {
    String page = HtmlReport.of(hostile());
    assertThat(page).doesNotContain("<link");
    assertThat(page).doesNotContain(" src=");
    assertThat(page).doesNotContain("url(");
    assertThat(page).doesNotContain("@import");
    assertThat(page.replaceAll("http://www\\.w3\\.org/", "")).doesNotContain("http:");
    assertThat(page).doesNotContain("https:");
  }

  @Test
  @DisplayName("diagrams show texts as they are, take the page's colours and carry no source")
  void diagrams() {
    String page = HtmlReport.of(hostile());
    assertThat(page).contains("**b** //i// __u__");
    assertThat(page).contains("var(--forwarding)");
    assertThat(page).doesNotContain("#0102");
    assertThat(page).doesNotContain("@startuml");
    assertThat(page).doesNotContain("Syntax Error");
  }

  @Test
  @DisplayName("the same comparison gives the same bytes")
  void deterministic() {
    assertThat(HtmlReport.of(hostile())).isEqualTo(HtmlReport.of(hostile()));
    assertThat(JsonReport.of(hostile())).isEqualTo(JsonReport.of(hostile()));
  }
}
