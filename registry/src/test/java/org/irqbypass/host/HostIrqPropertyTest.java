package org.irqbypass.host;

import static com.google.common.truth.Truth.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.Size;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.work.CooperativeWaiter;
import org.irqbypass.work.DeterministicWorkQueue;

/**
 * Any sequence of calls against a model small enough to be seen through: the interrupt fires
 * whenever it is requested, enabled, inactive and asserted.
 */
final class HostIrqPropertyTest {
  /** What can happen to an interrupt. */
  enum Step {
    REQUEST,
    REQUEST_DISABLED,
    FREE,
    DISABLE,
    ENABLE,
    RISE,
    FALL,
    FORWARD,
    TAKE_BACK,
    DEACTIVATE
  }

  /** The rule, in one place. */
  private static final class Model {
    final Trigger trigger;
    boolean requested;
    boolean line;
    boolean pending;
    boolean forwarded;
    boolean active;
    int depth;
    int handled;

    Model(Trigger trigger) {
      this.trigger = trigger;
    }

    boolean asserted() {
      return trigger == Trigger.LEVEL ? line : pending;
    }

    /** The handler automasks a level, as VFIO's does, unless the guest completes it. */
    void fire() {
      while (requested && depth == 0 && !active && asserted()) {
        handled++;
        pending = false;
        active = forwarded;
        if (trigger == Trigger.LEVEL && !forwarded) {
          depth++;
        }
      }
    }

    void apply(Step step) {
      switch (step) {
        case REQUEST, REQUEST_DISABLED -> {
          requested = true;
          depth = step == Step.REQUEST ? 0 : 1;
        }
        case FREE -> {
          requested = false;
          forwarded = false;
          active = false;
          depth = 0;
        }
        case DISABLE -> depth++;
        case ENABLE -> depth--;
        case RISE -> {
          pending |= !line && trigger == Trigger.EDGE;
          line = true;
        }
        case FALL -> line = false;
        case FORWARD -> forwarded = true;
        case TAKE_BACK -> forwarded = false;
        case DEACTIVATE -> active = false;
      }
      fire();
    }

    boolean allows(Step step) {
      return switch (step) {
        case REQUEST, REQUEST_DISABLED -> !requested;
        case DISABLE, FORWARD, TAKE_BACK -> requested;
        case ENABLE -> requested && depth > 0;
        case DEACTIVATE -> active;
        case FREE, RISE, FALL -> true;
      };
    }
  }

  @Property(tries = 2000)
  void behavesLikeTheModel(@ForAll Trigger trigger, @ForAll @Size(max = 60) List<Step> steps) {
    HostIrq irq =
        new HostIrq(
            24,
            "device",
            trigger,
            new ForwardingPlatform("arm64-gicv2"),
            new CooperativeWaiter(new DeterministicWorkQueue()),
            Tracepoints.untimed());
    Model model = new Model(trigger);
    for (Step step : steps) {
      if (!model.allows(step)) {
        continue;
      }
      model.apply(step);
      apply(irq, step);

      assertThat(irq.handledCount()).isEqualTo(model.handled);
      assertThat(irq.isRequested()).isEqualTo(model.requested);
      assertThat(irq.isActive()).isEqualTo(model.active);
      assertThat(irq.isForwarded()).isEqualTo(model.forwarded);
      assertThat(irq.isDisabled()).isEqualTo(model.depth > 0);
      assertThat(irq.isPending()).isEqualTo(model.asserted());
      assertThat(irq.isLineHigh()).isEqualTo(model.line);
    }
  }

  private static void apply(HostIrq irq, Step step) {
    IrqHandler handler =
        raised -> {
          if (raised.trigger() == Trigger.LEVEL && !raised.isForwarded()) {
            raised.disableNosync();
          }
          return true;
        };
    switch (step) {
      case REQUEST -> irq.request(handler, true);
      case REQUEST_DISABLED -> irq.request(handler, false);
      case FREE -> irq.free();
      case DISABLE -> irq.disable();
      case ENABLE -> irq.enable();
      case RISE -> irq.setLine(true);
      case FALL -> irq.setLine(false);
      case FORWARD -> irq.forward(true);
      case TAKE_BACK -> irq.forward(false);
      case DEACTIVATE -> irq.deactivate();
    }
  }
}
