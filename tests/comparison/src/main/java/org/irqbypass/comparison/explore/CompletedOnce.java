package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.Map;
import org.irqbypass.comparison.account.Destination;
import org.irqbypass.comparison.account.Interrupt;
import org.irqbypass.comparison.explain.DeviceInterrupts;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostIrqEvent;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.scenario.DeviceDescription;
import org.irqbypass.scenario.Execution;
import org.irqbypass.scenario.HostDevice;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.vfio.VfioEvent;
import org.irqbypass.vfio.VfioInterrupt;
import org.jspecify.annotations.Nullable;

/**
 * What a guest takes of a line is completed on the host exactly once. That it is completed at all
 * is {@code lines-progress}; here, that it is not completed once more, or before its guest ends it:
 * a completion too many is one that comes too early for the interrupt it falls upon.
 */
final class CompletedOnce implements Property {
  /** Whoever unmasks by a call of its own does not complete for the guest. */
  private static final ImmutableSet<String> UNMASK_THEMSELVES =
      ImmutableSet.of("vfio.set_irqs", "pci.cmd");

  @Override
  public String name() {
    return "completed-once";
  }

  @Override
  public @Nullable String violation(Moment moment) {
    for (Map.Entry<String, DeviceDescription> described :
        moment.run().scenario().devices().entrySet()) {
      HostDevice device = moment.host().devices().get(described.getKey());
      if (device == null) {
        continue;
      }
      ImmutableMap<Interrupt, VfioInterrupt> interrupts =
          DeviceInterrupts.of(device, described.getValue());
      for (Map.Entry<Interrupt, VfioInterrupt> each : interrupts.entrySet()) {
        HostIrq irq = each.getValue().hostIrq();
        if (irq == null || irq.isMessage()) {
          continue;
        }
        Line line = new Line(each.getKey(), each.getValue(), irq, moment);
        String wrong = line.violation();
        if (wrong != null) {
          return wrong;
        }
      }
    }
    return null;
  }

  /** A line at a moment. */
  private record Line(Interrupt name, VfioInterrupt interrupt, HostIrq irq, Moment moment) {
    @Nullable String violation() {
      // What a call that is under way has done so far is not known yet.
      boolean settled = !moment.run().isUnderWay();
      if (settled && isInactiveUnderItsGuest()) {
        return name + " was completed on the host while its guest has it";
      }
      for (Execution.Step step : moment.lastSteps()) {
        if (settled && isUnmaskedUnderItsGuest(step)) {
          return name + " was unmasked while its guest has it";
        }
        if (surplus(step) > 0) {
          return name + " was completed on the host, and nobody had ended it";
        }
      }
      return null;
    }

    /** Hardware links what the guest has to what is active on the host. */
    private boolean isInactiveUnderItsGuest() {
      if (irq.isActive() || !(irq.vcpuAffinity() instanceof VcpuAffinity.Forwarded forwarded)) {
        return false;
      }
      for (Destination taken : moment.run().inService(name)) {
        if (taken.vector() == forwarded.virtualInterrupt()) {
          return true;
        }
      }
      return false;
    }

    /** The resample eventfd tells VFIO that the guest has ended it, which it has not. */
    private boolean isUnmaskedUnderItsGuest(Execution.Step step) {
      return !UNMASK_THEMSELVES.contains(step.operation().name())
          && step.outcome().events().stream().anyMatch(this::isUnmask)
          && moment.run().completesByItself(irq)
          && !isHeld()
          && !moment.run().inService(name).isEmpty();
    }

    private boolean isHeld() {
      return interrupt.isBeingHandled()
          || interrupt.isMasked()
          || irq.isDisabled()
          || irq.isActive();
    }

    private boolean isUnmask(TraceEvent event) {
      return (event instanceof VfioEvent.IntxUnmaskHandler intx
              && intx.device() == interrupt.device())
          || (event instanceof VfioEvent.PlatformUnmaskHandler platform
              && platform.interrupt() == interrupt);
    }

    /**
     * How often it was completed without a reason. A guest that ends an interrupt is one, and so is
     * the host's taking it back or giving it away.
     */
    private int surplus(Execution.Step step) {
      int completed = 0;
      int reasons = UNMASK_THEMSELVES.contains(step.operation().name()) ? 1 : 0;
      for (TraceEvent event : step.outcome().events()) {
        if (event instanceof HostIrqEvent.Deactivated deactivated && deactivated.irq() == irq) {
          completed++;
        } else if (event instanceof VcpuEvent.End
            || (event instanceof HostIrqEvent.Programmed programmed && programmed.irq() == irq)) {
          reasons++;
        }
      }
      return completed - reasons;
    }
  }
}
