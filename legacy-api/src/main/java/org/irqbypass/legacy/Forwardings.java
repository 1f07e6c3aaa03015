package org.irqbypass.legacy;

import com.google.common.collect.ImmutableList;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.BypassMode;
import org.irqbypass.host.HostIrq;
import org.irqbypass.kvm.ExplicitForwarding;
import org.irqbypass.kvm.Vm;
import org.irqbypass.registry.BypassStatus;
import org.irqbypass.vfio.IrqInfo;
import org.irqbypass.vfio.VfioDevice;
import org.irqbypass.vfio.VfioInterrupt;
import org.irqbypass.vfio.WiredInterrupt;
import org.irqbypass.work.EveryStep;
import org.jspecify.annotations.Nullable;

/**
 * What userspace has forwarded through one KVM-VFIO device, by VFIO device. Guarded by that
 * device's lock. A call checks the whole range, condition by condition, before it changes anything.
 */
final class Forwardings {
  private final KvmVfioDevice owner;
  private final Vm vm;
  private final GroupFiles files;

  /** A device stays here from its first forwarding to its close, which asks for it then. */
  private final Map<VfioDevice, Map<VfioInterrupt, Forwarding>> byDevice = new LinkedHashMap<>();

  Forwardings(KvmVfioDevice owner, GroupFiles files) {
    this.owner = owner;
    this.vm = owner.vm();
    this.files = files;
  }

  /** One interrupt of a call, and what it becomes. */
  private record Wanted(VfioInterrupt interrupt, int gsi, @Nullable Forwarding before) {}

  void forward(VfioDevice device, KvmVfioDevIrq irq, boolean messagesOnly) {
    List<VfioInterrupt> interrupts = resolve(device, irq, messagesOnly);
    checkGsis(irq);
    List<Wanted> wanted = new ArrayList<>();
    for (int i = 0; i < interrupts.size(); i++) {
      VfioInterrupt interrupt = interrupts.get(i);
      wanted.add(new Wanted(interrupt, irq.gsis().get(i), find(interrupt)));
    }
    wanted.forEach(this::refuseForwardedAgain);
    wanted.forEach(this::refuseBypassedByAnother);
    wanted.forEach(this::refuseInFlight);
    apply(wanted);
  }

  void unforward(VfioDevice device, KvmVfioDevIrq irq, boolean messagesOnly) {
    List<Forwarding> ending = new ArrayList<>();
    for (VfioInterrupt interrupt : resolve(device, irq, messagesOnly)) {
      Forwarding forwarding = find(interrupt);
      if (forwarding == null) {
        throw new ErrnoException(Errno.ENOENT, interrupt + " is not forwarded by " + owner);
      }
      ending.add(forwarding);
    }
    endEach(ending);
  }

  /** The interrupts of a range, all of a kind that this host can bypass. */
  private List<VfioInterrupt> resolve(VfioDevice device, KvmVfioDevIrq irq, boolean messagesOnly) {
    if (!files.has(device.group())) {
      throw new ErrnoException(Errno.ENOENT, device.group() + " was never added to " + owner);
    }
    long has = Integer.toUnsignedLong(device.irqInfo(irq.index(), IrqInfo.MINIMUM_SIZE).count());
    long end = Integer.toUnsignedLong(irq.start()) + Integer.toUnsignedLong(irq.count());
    if (end > has) {
      throw new ErrnoException(
          Errno.EINVAL, irq + " is beyond the " + has + " interrupts of this index of " + device);
    }
    boolean wiredOnly = vm.kvm().kernel().platform().bypass() == BypassMode.FORWARDED;
    List<VfioInterrupt> interrupts = new ArrayList<>();
    for (int subindex = irq.start(); subindex < end; subindex++) {
      VfioInterrupt interrupt = device.interrupt(irq.index(), subindex);
      boolean wired = interrupt instanceof WiredInterrupt;
      if (wired != wiredOnly || (wired && messagesOnly)) {
        throw new ErrnoException(
            Errno.EINVAL,
            vm.kvm().kernel().platform().name() + " cannot bypass " + interrupt + " in this way");
      }
      interrupts.add(interrupt);
    }
    return interrupts;
  }

  private void checkGsis(KvmVfioDevIrq irq) {
    Set<Integer> seen = new HashSet<>();
    for (int i = 0; i < irq.count(); i++) {
      int gsi = irq.gsis().get(i);
      vm.checkForwardable(gsi);
      if (!seen.add(gsi)) {
        throw new ErrnoException(Errno.EINVAL, "gsi " + gsi + " is there twice");
      }
    }
  }

  private void refuseForwardedAgain(Wanted wanted) {
    if (wanted.before != null && wanted.interrupt instanceof WiredInterrupt) {
      throw new ErrnoException(Errno.EEXIST, wanted.interrupt + " is forwarded already");
    }
  }

  private void refuseBypassedByAnother(Wanted wanted) {
    Forwarding mine = wanted.before;
    boolean taken =
        mine == null
            && (wanted.interrupt.isForwarded()
                || wanted.interrupt.status().state() == BypassStatus.State.CONNECTED);
    if (taken) {
      throw new ErrnoException(Errno.EBUSY, wanted.interrupt + " is bypassed by another pairing");
    }
    if (vm.isBypassed(wanted.gsi, mine == null ? null : mine.consumer())) {
      throw new ErrnoException(
          Errno.EBUSY, "gsi " + wanted.gsi + " of " + vm + " is bypassed by another pairing");
    }
  }

  private void refuseInFlight(Wanted wanted) {
    if (wanted.before != null || !(wanted.interrupt instanceof WiredInterrupt)) {
      return; // a message is neither masked by VFIO nor active
    }
    HostIrq irq = wanted.interrupt.hostIrq();
    if (wanted.interrupt.isMasked()
        || wanted.interrupt.isBeingHandled()
        || (irq != null && irq.isActive())) {
      throw new ErrnoException(
          Errno.EAGAIN, wanted.interrupt + " is masked, being handled or active");
    }
  }

  private void apply(List<Wanted> wanted) {
    Deque<Runnable> undo = new ArrayDeque<>();
    boolean applied = false;
    try {
      for (Wanted one : wanted) {
        Forwarding before = one.before;
        if (before == null) {
          Forwarding begun = begin(one);
          undo.push(() -> end(begun));
        } else {
          ExplicitForwarding.Programmed earlier = before.consumer().programmed();
          undo.push(() -> before.consumer().restore(earlier));
          before.consumer().reprogram(one.gsi);
          owner.tell(new LegacyEvent.Reprogrammed(owner, one.interrupt, one.gsi));
        }
      }
      applied = true;
    } finally {
      if (!applied) { // what is thrown already is more important than what these may throw
        EveryStep steps = new EveryStep();
        undo.forEach(steps::take);
      }
    }
  }

  private Forwarding begin(Wanted wanted) {
    VfioInterrupt interrupt = wanted.interrupt;
    VfioDevice device = interrupt.device();
    Map<VfioInterrupt, Forwarding> ofDevice = byDevice.get(device);
    if (ofDevice == null) {
      device.whenClosed(() -> owner.endForwardingsOf(device));
      ofDevice = new LinkedHashMap<>();
      byDevice.put(device, ofDevice);
    }
    Forwarding forwarding =
        Forwarding.begin(interrupt, vm.forwarding(wanted.gsi), vm.kvm().kernel().registry());
    ofDevice.put(interrupt, forwarding);
    owner.tell(new LegacyEvent.Forwarded(owner, interrupt, wanted.gsi));
    return forwarding;
  }

  private @Nullable Forwarding find(VfioInterrupt interrupt) {
    Map<VfioInterrupt, Forwarding> ofDevice = byDevice.get(interrupt.device());
    return ofDevice == null ? null : ofDevice.get(interrupt);
  }

  private void end(Forwarding forwarding) {
    VfioInterrupt interrupt = forwarding.interrupt();
    Map<VfioInterrupt, Forwarding> ofDevice = byDevice.get(interrupt.device());
    if (ofDevice != null) {
      ofDevice.remove(interrupt);
    }
    int gsi = forwarding.gsi();
    forwarding.end();
    owner.tell(new LegacyEvent.Unforwarded(owner, interrupt, gsi));
  }

  /** Ends all of them, also when one's callback throws. */
  private void endEach(Iterable<Forwarding> ending) {
    EveryStep steps = new EveryStep();
    ending.forEach(forwarding -> steps.take(() -> end(forwarding)));
    steps.throwFirst();
  }

  void endOf(VfioDevice device) {
    Map<VfioInterrupt, Forwarding> ofDevice = byDevice.remove(device);
    if (ofDevice != null) {
      endEach(ImmutableList.copyOf(ofDevice.values()));
    }
  }

  void endAll() {
    List<Forwarding> all = new ArrayList<>();
    byDevice.values().forEach(ofDevice -> all.addAll(ofDevice.values()));
    endEach(all);
  }

  ImmutableList<ForwardedInterrupt> all() {
    ImmutableList.Builder<ForwardedInterrupt> all = ImmutableList.builder();
    byDevice
        .values()
        .forEach(ofDevice -> ofDevice.values().forEach(one -> all.add(one.snapshot())));
    return all.build();
  }
}
