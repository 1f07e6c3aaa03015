package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSet;
import java.util.ServiceLoader;
import java.util.function.Function;
import org.irqbypass.comparison.account.InterruptAccount;
import org.irqbypass.errno.Errno;
import org.irqbypass.host.HostIrq;
import org.irqbypass.scenario.Execution;
import org.irqbypass.scenario.SimulatedHost;
import org.jspecify.annotations.Nullable;

/** The properties that come with the explorer. */
public final class Promises {
  private Promises() {}

  private record Promise(String name, Function<Moment, @Nullable String> check)
      implements Property {
    @Override
    public @Nullable String violation(Moment moment) {
      return check.apply(moment);
    }
  }

  /** All that come with the explorer, and those that {@link ServiceLoader} finds. */
  public static ImmutableList<Property> all() {
    ImmutableList.Builder<Property> all = ImmutableList.builder();
    all.addAll(bundled());
    ServiceLoader.load(Property.class).forEach(all::add);
    return all.build();
  }

  /** All that come with the explorer. */
  public static ImmutableList<Property> bundled() {
    return ImmutableList.of(
        new Promise("nothing-lost", Promises::lost),
        new Promise("nothing-twice", Promises::twice),
        new CompletedOnce(),
        new Promise("lines-progress", Promises::stuck),
        new BypassAsSaid(),
        new Promise("no-deadlock", Promises::deadlock),
        new Promise("errno-contract", Promises::errno),
        new Promise("nothing-leaked", Promises::leaked));
  }

  /** Raised with a trigger, and neither delivered nor coalesced nor masked, at the end. */
  private static @Nullable String lost(Moment moment) {
    if (!moment.over()) {
      return null;
    }
    for (InterruptAccount each : moment.account().interrupts()) {
      if (each.lost() > 0) {
        return each.interrupt() + " was raised and never delivered";
      }
    }
    return null;
  }

  private static @Nullable String twice(Moment moment) {
    for (InterruptAccount each : moment.account().interrupts()) {
      if (each.duplicated() > 0) {
        return each.interrupt()
            + (each.level() ? " was delivered with its line low" : " was delivered twice");
      }
    }
    return null;
  }

  /**
   * A line is left masked or active on the host although nobody is going to complete it: the guest
   * has ended what it took, and everything that was to run has run.
   */
  private static @Nullable String stuck(Moment moment) {
    if (!moment.idle() || moment.over()) {
      return null;
    }
    SimulatedHost host = moment.host();
    for (HostIrq irq : host.interrupts().all()) {
      if (moment.run().completesByItself(irq) && (irq.isDisabled() || irq.isActive())) {
        return moment.run().interruptOf(irq)
            + " is "
            + (irq.isDisabled() ? "masked" : "active")
            + " on the host for good: its completion never came";
      }
    }
    return null;
  }

  /** What calls may fail with; a call of another kind may fail with what Linux's descriptors do. */
  private static final ImmutableMap<String, ImmutableSet<Errno>> ERRNOS =
      ImmutableMap.of(
          "vfio.set_irqs",
          ImmutableSet.of(
              Errno.EINVAL, Errno.EBADF, Errno.EBUSY, Errno.ENOTTY, Errno.ENOSPC, Errno.EFAULT),
          "kvm.irqfd",
          ImmutableSet.of(Errno.EINVAL, Errno.EBADF, Errno.EBUSY, Errno.EAGAIN),
          "kvm.routing",
          ImmutableSet.of(Errno.EINVAL, Errno.EFAULT),
          "kv.set",
          ImmutableSet.of(
              Errno.EINVAL,
              Errno.EBADF,
              Errno.EBUSY,
              Errno.EAGAIN,
              Errno.EEXIST,
              Errno.ENOENT,
              Errno.ENXIO,
              Errno.ENODEV,
              Errno.EOPNOTSUPP,
              Errno.EPERM,
              Errno.EFAULT));

  /** What no call of a VMM may ever fail with: the model itself would have come to a dead end. */
  private static final ImmutableSet<Errno> NEVER = ImmutableSet.of(Errno.ELOOP, Errno.EIO);

  private static @Nullable String errno(Moment moment) {
    for (Execution.Step step : moment.lastSteps()) {
      Errno errno = step.outcome().errno();
      if (errno == null) {
        continue;
      }
      ImmutableSet<Errno> allowed = ERRNOS.get(step.operation().name());
      if (NEVER.contains(errno) || (allowed != null && !allowed.contains(errno))) {
        return step.operation().name() + " must not fail with " + errno;
      }
    }
    return null;
  }

  /** A call waits for what nobody is left to bring, such as a lock of somebody who waits for it. */
  private static @Nullable String deadlock(Moment moment) {
    if (moment.deadlock() != null) {
      return moment.deadlock() + ", and nobody is left to bring it";
    }
    for (Execution.Step step : moment.lastSteps()) {
      if (step.outcome().errno() == Errno.EDEADLK) {
        return step.operation().name() + " waits for what never comes";
      }
    }
    return null;
  }

  /** When everything is closed, nothing is left of it. */
  private static @Nullable String leaked(Moment moment) {
    if (!moment.over() || moment.host().descriptorTable().open() > 0) {
      return null;
    }
    SimulatedHost host = moment.host();
    if (host.registry().registered() != 0) {
      return host.registry().registered()
          + " registered with the registry after everything is closed";
    }
    if (!host.workQueue().queued().isEmpty()) {
      return host.workQueue().queued() + " queued after everything is closed";
    }
    for (HostIrq irq : host.interrupts().all()) {
      if (irq.isRequested()) {
        return irq + " still has a handler after everything is closed";
      }
    }
    return null;
  }
}
