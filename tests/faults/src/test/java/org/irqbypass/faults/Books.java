package org.irqbypass.faults;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.HostIrq;
import org.irqbypass.kvm.Irqfd;
import org.irqbypass.kvm.KvmDevice;
import org.irqbypass.kvm.Vm;
import org.irqbypass.legacy.ForwardedInterrupt;
import org.irqbypass.legacy.KvmVfioDevice;
import org.irqbypass.registry.BypassStatus;
import org.irqbypass.scenario.HostDevice;
import org.irqbypass.scenario.SimulatedHost;
import org.irqbypass.vfio.VfioDevice;
import org.irqbypass.vfio.VfioInterrupt;

/**
 * Compares what a host's registry, VFIO, KVM and interrupts say of each other while no call is
 * under way. Whatever failed, they must agree.
 */
final class Books {
  private final SimulatedHost host;
  private final boolean lenient;
  private final List<String> wrong = new ArrayList<>();
  private long registered;
  private long connectedProducers;
  private long connectedConsumers;

  private Books(SimulatedHost host, boolean lenient) {
    this.host = host;
    this.lenient = lenient;
  }

  /** What does not balance; empty if everything does. */
  static List<String> audit(SimulatedHost host, boolean lenient) {
    Books books = new Books(host, lenient);
    books.interrupts();
    for (String name : host.descriptors().openOf("vm:")) {
      books.vm(host.kvm().vm(host.descriptors().fd(name)));
    }
    books.registry();
    return books.wrong;
  }

  /** What is left of a host on which everything was closed. */
  static List<String> leftovers(SimulatedHost host, boolean lenient) {
    Books books = new Books(host, lenient);
    books.interrupts();
    books.registry();
    books.expect(host.registry().registered() == 0, "the registry has a side");
    books.expect(host.registry().connected() == 0, "the registry has a pairing");
    books.expect(host.descriptorTable().open() == 0, "a descriptor is open");
    books.expect(host.workQueue().queued().isEmpty(), "work is queued");
    for (HostIrq irq : host.interrupts().all()) {
      books.expect(!irq.isRequested(), irq + " has a handler");
      books.expect(!irq.isMessage(), irq + " was not released");
    }
    for (HostDevice device : host.devices().values()) {
      books.expect(!device.vfio().isOpen(), device + " is open");
      books.expect(!device.group().isOpen(), device.group() + " is open");
    }
    return books.wrong;
  }

  private void expect(boolean holds, String otherwise) {
    if (!holds) {
      wrong.add(otherwise);
    }
  }

  private void interrupts() {
    Set<HostIrq> used = new HashSet<>();
    Set<HostIrq> paired = new HashSet<>();
    for (HostDevice device : host.devices().values()) {
      for (VfioInterrupt interrupt : interruptsOf(device.vfio())) {
        HostIrq irq = interrupt.hostIrq();
        if (irq != null) {
          used.add(irq);
          expect(irq.isRequested(), interrupt + " names " + irq + ", which has no handler");
        }
        producer(interrupt.status());
        producer(interrupt.forwardingStatus());
        if (interrupt.connected() != null) {
          paired.add(interrupt.connected().irq());
        }
      }
    }
    for (HostIrq irq : host.interrupts().all()) {
      expect(!irq.isRequested() || used.contains(irq), irq + " has a handler that nobody knows");
      boolean bypassed = irq.isPosted() || irq.isForwarded() || irq.vcpuAffinity() != null;
      expect(lenient || !bypassed || paired.contains(irq), irq + " is bypassed and has no pairing");
    }
  }

  private static List<VfioInterrupt> interruptsOf(VfioDevice device) {
    List<VfioInterrupt> all = new ArrayList<>();
    for (int index = 0; index < 5; index++) {
      for (int subindex = 0; subindex < 16; subindex++) {
        try {
          all.add(device.interrupt(index, subindex));
        } catch (ErrnoException beyond) {
          break;
        }
      }
    }
    return all;
  }

  private void producer(BypassStatus status) {
    switch (status.state()) {
      case CONNECTED -> {
        registered++;
        connectedProducers++;
      }
      case WAITING -> registered++;
      case UNREGISTERED -> {}
    }
  }

  private void consumer(BypassStatus status) {
    switch (status.state()) {
      case CONNECTED -> {
        registered++;
        connectedConsumers++;
      }
      case WAITING -> registered++;
      case UNREGISTERED -> {}
    }
  }

  private void vm(Vm vm) {
    expect(!vm.isHalted(), vm + " is halted");
    for (Irqfd irqfd : vm.irqfds()) {
      consumer(irqfd.status());
      expect(irqfd.isActive(), irqfd + " is bound and not active");
    }
    for (KvmDevice device : vm.devices()) {
      if (device instanceof KvmVfioDevice explicit) {
        for (ForwardedInterrupt forwarded : explicit.forwarded()) {
          consumer(forwarded.status());
          expect(
              forwarded.interrupt().isForwarded(), forwarded.interrupt() + " does not know of it");
        }
      }
    }
  }

  private void registry() {
    long sides = host.registry().registered();
    long pairings = host.registry().connected();
    expect(
        lenient || sides == registered, sides + " sides are registered, " + registered + " say so");
    expect(
        lenient || (pairings == connectedProducers && pairings == connectedConsumers),
        pairings
            + " pairings; "
            + connectedProducers
            + " producers and "
            + connectedConsumers
            + " consumers say so");
  }
}
