package org.irqbypass.comparison.narrative;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.comparison.narrative.Message.Kind;
import org.irqbypass.comparison.narrative.Story.Sort;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/** How a run is cut and shortened for people. */
class PhasesTest {
  private static final Message RAISE =
      new Message(Lane.DEVICE, Lane.CONTROLLER, "raise", Kind.BYPASSED);
  private static final Message TAKE = new Message(Lane.VCPU, Lane.VCPU, "take", Kind.PLAIN);
  private static final Message CALL = new Message(Lane.VMM, Lane.KVM, "irqfd", Kind.PLAIN);

  private static Story mark(String name) {
    return new Story(Sort.MARK, name, ImmutableList.of(), Tally.NONE);
  }

  private static Story call() {
    return new Story(Sort.CALL, "kvm.irqfd", ImmutableList.of(CALL), new Tally(1, 0, 0, 0));
  }

  private static Story quiet(String name) {
    return new Story(Sort.QUIET, name, ImmutableList.of(), new Tally(1, 0, 0, 0));
  }

  private static Story traffic(Message message) {
    return new Story(
        Sort.TRAFFIC,
        "irq.raise",
        ImmutableList.of(message),
        new Tally(0, 0, message.equals(RAISE) ? 1 : 0, message.equals(RAISE) ? 1 : 0));
  }

  @Test
  @DisplayName("phases begin at marks; those in which nothing is to be seen are left out")
  void cut() {
    ImmutableList<Phase> phases =
        Phases.of(List.of(call(), mark("one"), mark("two"), call(), traffic(RAISE), mark("three")));
    assertThat(phases.stream().map(Phase::name).toList()).containsExactly("start", "two").inOrder();
    assertThat(phases.get(1).messages()).containsExactly(CALL, RAISE).inOrder();
    assertThat(phases.get(1).tally()).isEqualTo(new Tally(1, 0, 1, 1));
  }

  @Test
  @DisplayName("a short stretch of interrupts is shown as it was")
  void shortStretch() {
    ImmutableList<Phase> phases =
        Phases.of(List.of(traffic(RAISE), traffic(TAKE), traffic(RAISE), traffic(TAKE)));
    assertThat(phases.get(0).messages()).containsExactly(RAISE, TAKE, RAISE, TAKE).inOrder();
  }

  @Test
  @DisplayName("in a long stretch each kind is shown once, with how often it came")
  void longStretch() {
    List<Story> stories = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      stories.add(traffic(RAISE));
      stories.add(traffic(TAKE));
    }
    stories.add(call());
    ImmutableList<Phase> phases = Phases.of(stories);
    assertThat(phases.get(0).messages().stream().map(Message::text).toList())
        .containsExactly("raise  x50", "take  x50", "irqfd")
        .inOrder();
    assertThat(phases.get(0).tally().raised()).isEqualTo(50);
  }

  @Test
  @DisplayName("calls that do not matter are counted; eventfds come and go unmentioned")
  void quietCalls() {
    ImmutableList<Phase> phases =
        Phases.of(
            List.of(
                quiet("cfg.write"),
                quiet("ef.new"),
                quiet("cfg.write"),
                quiet("vfio.info"),
                call()));
    assertThat(phases.get(0).messages().get(0).text()).isEqualTo("cfg.write x2, vfio.info");
    assertThat(phases.get(0).messages().get(0).kind()).isEqualTo(Kind.ASIDE);
    assertThat(phases.get(0).tally().calls()).isEqualTo(5);
  }
}
