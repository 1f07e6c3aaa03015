package org.irqbypass.legacy;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assertions.assertThrows;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.GenerationMode;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdEvent;
import org.irqbypass.host.GuestModePlatform;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.PostedPlatform;
import org.irqbypass.host.Raise;
import org.irqbypass.host.RemappedPlatform;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vcpu.Scheduling;
import org.irqbypass.kvm.VcpuEvent;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.x86.ApicInterrupt;
import org.irqbypass.kvm.x86.DeliveryMode;
import org.irqbypass.kvm.x86.InterruptCommand;
import org.irqbypass.kvm.x86.InterruptCommand.Shorthand;
import org.irqbypass.kvm.x86.IoApic;
import org.irqbypass.kvm.x86.LocalApic;
import org.irqbypass.kvm.x86.Redirection;
import org.irqbypass.kvm.x86.X86Vcpu;
import org.irqbypass.kvm.x86.X86Vm;
import org.irqbypass.legacy.ReferenceGuest.Cpu;
import org.irqbypass.legacy.ReferenceGuest.Dice;
import org.irqbypass.legacy.ReferenceGuest.Route;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.vfio.IrqIndex;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.VfioGroup;
import org.irqbypass.vfio.VfioGroupFile;
import org.irqbypass.vfio.VfioInterrupt;
import org.irqbypass.vfio.pci.PciFunction;
import org.irqbypass.vfio.pci.VfioPciDevice;
import org.irqbypass.work.DeterministicWorkQueue;
import org.jspecify.annotations.Nullable;

/**
 * Two vCPUs that interrupt each other, a device with three MSI-X and one with a line, and whatever
 * devices, guest, scheduler and userspace may do in any order, on each x86 platform and in both
 * designs. The guest takes exactly what the {@linkplain ReferenceGuest reference} says: no edge is
 * lost, none comes more often than it was raised, and none to a vCPU that sleeps on. A line that is
 * high and unmasked is on its way somewhere; what was taken is ended once; nothing is left
 * registered.
 */
final class X86PlatformsPropertyTest {
  private static final int STEPS = 80;

  @Provide
  Arbitrary<List<Integer>> steps() {
    return Arbitraries.integers()
        .between(0, Integer.MAX_VALUE)
        .withDistribution(RandomDistribution.uniform())
        .list()
        .ofMaxSize(STEPS)
        .withSizeDistribution(RandomDistribution.uniform());
  }

  @Property(generation = GenerationMode.RANDOMIZED, edgeCases = EdgeCasesMode.NONE)
  void x86Remapped(
      @ForAll("steps") List<Integer> steps, @ForAll boolean explicit, @ForAll boolean x2apic) {
    new Session(new RemappedPlatform("x86-remapped"), explicit, x2apic).run(steps);
  }

  @Property(generation = GenerationMode.RANDOMIZED, edgeCases = EdgeCasesMode.NONE)
  void x86Posted(
      @ForAll("steps") List<Integer> steps, @ForAll boolean explicit, @ForAll boolean x2apic) {
    new Session(new PostedPlatform("x86-posted"), explicit, x2apic).run(steps);
  }

  @Property(generation = GenerationMode.RANDOMIZED, edgeCases = EdgeCasesMode.NONE)
  void x86Avic(
      @ForAll("steps") List<Integer> steps, @ForAll boolean explicit, @ForAll boolean x2apic) {
    new Session(new GuestModePlatform("x86-avic"), explicit, x2apic).run(steps);
  }

  private static final class Session {
    private static final int MESSAGES = 3;
    private static final int FIRST_GSI = 24;
    private static final int PIN = 10;
    private static final int LEVEL_VECTOR = 0x73;
    private static final int PHYSICAL_CPUS = 4;
    private static final int NONE = -1;
    private static final ImmutableList<Integer> VECTORS =
        ImmutableList.of(0x31, 0x41, 0x46, 0x72, 0xe1);

    private static final ImmutableList<Shorthand> SHORTHANDS =
        ImmutableList.of(Shorthand.SELF, Shorthand.ALL, Shorthand.OTHERS);

    private final boolean explicit;
    private final boolean posts;
    private final LegacyHost host;
    private final DeterministicWorkQueue queue;
    private final Vm vm;
    private final ImmutableList<X86Vcpu> vcpus;
    private final IoApic ioApic;
    private final KvmVfioDevice kv;
    private final int nicFd;
    private final PciFunction cardFunction;
    private final VfioPciDevice card;
    private final int[] eventfds = new int[MESSAGES];
    private final int cardTrigger;
    private final int cardUnmask;
    private final EventfdContext cardEventfd;
    private final List<String> done = new ArrayList<>();

    // What the reference knows of the host: by message, by eventfd, by gsi.
    private final ReferenceGuest reference = new ReferenceGuest();
    private boolean enabled;
    private final int[] trigger = {NONE, NONE, NONE};
    private final boolean[] waitsInDevice = new boolean[MESSAGES];
    private final int[] forwardedTo = {NONE, NONE, NONE};
    private final @Nullable Route[] programmed = new Route[MESSAGES];
    private final int[] bound = {NONE, NONE, NONE};
    private final boolean[] counted = new boolean[MESSAGES];
    private final boolean[] injecting = new boolean[MESSAGES];
    private final @Nullable Route[] routes = new Route[MESSAGES];

    private int taken;
    private int ended;
    private int cardSignals;
    private int cardTaken;

    Session(HostPlatform platform, boolean explicit, boolean x2apic) {
      this.explicit = explicit;
      this.posts = platform.bypass().deliversMessages();
      host =
          new LegacyHost(
              platform,
              explicit ? ConnectPolicy.DISABLED : ConnectPolicy.OPPORTUNISTIC,
              LegacyRules.PROPOSAL_2015);
      queue = host.queue;
      queue.runElsewhere(); // when a step says so
      int guest = host.openGuest();
      vm = host.kvm.vm(guest);
      vm.createVcpu(1);
      vcpus = ImmutableList.of((X86Vcpu) vm.vcpuById(0), (X86Vcpu) vm.vcpuById(1));
      for (X86Vcpu vcpu : vcpus) {
        vcpu.localApic().setSpuriousVector(LocalApic.SOFTWARE_ENABLED | 0xff);
        if (x2apic) {
          vcpu.localApic().enableX2apic(); // whose logical IDs are the same here
        } else {
          vcpu.localApic().setLogicalId(1 << vcpu.id(), LocalApic.FLAT);
        }
      }
      ioApic = X86Vm.of(vm).ioApic();
      redirect(0, false);
      nicFd = host.openNic();
      kv = host.openKv(guest);
      for (int i = 0; i < MESSAGES; i++) {
        eventfds[i] = host.eventfd();
      }
      cardTrigger = host.eventfd();
      cardUnmask = host.eventfd();
      cardEventfd = host.descriptors.eventfd(cardTrigger);
      cardFunction = PciFunction.builder(host.interrupts, "card").build();
      card = openCard();
      setRoutes();
      bindCard();
      card.setIrqs(IrqSet.trigger(IrqIndex.INTX, 0, cardTrigger));
      card.setIrqs(IrqSet.unmaskBy(IrqIndex.INTX, cardUnmask));
      host.trace.listen((nanos, event) -> count(event));
    }

    private VfioPciDevice openCard() {
      VfioPciDevice device = new VfioPciDevice(host.vfio, "card", cardFunction);
      VfioGroupFile group =
          host.vfio.group(host.vfio.openGroup(new VfioGroup(host.vfio, 3).add(device)));
      int container = host.vfio.openContainer();
      group.setContainer(container);
      host.vfio.container(container).setIommu(LegacyHost.TYPE1_IOMMU);
      group.deviceFd("card");
      return device;
    }

    private void count(TraceEvent event) {
      if (event instanceof VcpuEvent.Take take) {
        taken++;
        cardTaken += take.vector() == LEVEL_VECTOR ? 1 : 0;
      } else if (event instanceof VcpuEvent.End) {
        ended++;
      } else if (event instanceof EventfdEvent.Signal signal && signal.eventfd() == cardEventfd) {
        cardSignals++;
      }
    }

    void run(List<Integer> steps) {
      try {
        for (int step : steps) {
          step(new Dice(step));
          check();
        }
        finish();
        close(new Random(steps.hashCode()));
      } catch (RuntimeException | AssertionError fault) {
        throw new AssertionError(String.join("\n", done), fault);
      }
    }

    private void step(Dice dice) {
      switch (dice.roll(27)) {
        case 0, 1, 2, 3 -> raise(dice.roll(MESSAGES));
        case 4 -> signal(dice.roll(MESSAGES));
        case 5, 6, 7 -> take(dice.roll(2), dice.roll(2) == 0);
        case 8, 9 -> end(dice.roll(2));
        case 10 -> takeNmi(dice.roll(2));
        case 11, 12 -> load(dice.roll(2), dice.roll(PHYSICAL_CPUS));
        case 13 -> leave(dice.roll(2), dice.roll(3));
        case 14, 15 -> block(dice.roll(2));
        case 16 -> taskPriority(dice.roll(2), dice.roll(4));
        case 17, 18 -> route(dice.roll(MESSAGES), dice);
        case 19 -> trigger(dice.roll(MESSAGES), dice.roll(5), dice.roll(6) == 0);
        case 20 -> bind(dice.roll(MESSAGES), dice.roll(MESSAGES));
        case 21 -> forward(dice.roll(MESSAGES), dice.roll(MESSAGES), dice.roll(3));
        case 22 -> work();
        case 23 -> line(dice.roll(3) != 0);
        case 24 -> mask(dice.roll(4));
        case 25 -> sendBetweenVcpus(dice.roll(2), dice);
        default -> guestMoves(dice.roll(2), dice.roll(3) == 0, dice.roll(4) == 0);
      }
    }

    private void log(String what) {
      done.add(what);
    }

    // The device with messages

    private void raise(int message) {
      boolean posted = isPosted(message);
      Raise raise = host.nicFunction.raiseMsix(message);
      log("raise " + message + " " + raise);
      assertThat(raise == Raise.POSTED).isEqualTo(posted);
      if (enabled && trigger[message] == NONE) {
        waitsInDevice[message] = true;
      } else if (enabled) {
        fire(message);
      }
    }

    private boolean isPosted(int message) {
      HostIrq irq = host.nic.interrupt(IrqIndex.MSIX, message).hostIrq();
      return irq != null && irq.isPosted();
    }

    private void fire(int message) {
      Route forwarded = programmed[message];
      if (explicit && posts && forwarded != null && forwarded.isPostable()) {
        reference.deliver(forwarded);
      } else {
        signalled(trigger[message]);
      }
    }

    private void signal(int eventfd) {
      log("signal " + eventfd);
      host.descriptors.eventfd(eventfds[eventfd]).signal();
      signalled(eventfd);
    }

    private void signalled(int eventfd) {
      counted[eventfd] = bound[eventfd] == NONE;
      if (bound[eventfd] == NONE) {
        return;
      }
      Route route = routes[bound[eventfd]];
      if (route == null || !route.inAtomic()) {
        injecting[eventfd] = true;
      } else {
        reference.deliver(route);
      }
    }

    /** The message's trigger: one of the eventfds, none, or the whole index off and on. */
    private void trigger(int message, int choice, boolean whole) {
      work();
      if (!enabled || whole) {
        log(enabled ? "disable" : "enable");
        host.nic.setIrqs(
            enabled ? IrqSet.disable(IrqIndex.MSIX) : IrqSet.trigger(IrqIndex.MSIX, 0, eventfds));
        enabled = !enabled;
        for (int each = 0; each < MESSAGES; each++) {
          triggered(each, enabled ? each : NONE);
        }
        injected();
        return;
      }
      int eventfd = choice < MESSAGES ? choice : NONE;
      log("trigger " + message + " by " + eventfd);
      int fd = eventfd == NONE ? -1 : eventfds[eventfd];
      host.nic.setIrqs(IrqSet.trigger(IrqIndex.MSIX, message, fd));
      triggered(message, eventfd);
      injected();
    }

    private void triggered(int message, int eventfd) {
      trigger[message] = eventfd;
      if (eventfd != NONE && waitsInDevice[message]) {
        waitsInDevice[message] = false;
        signalled(eventfd);
      }
    }

    private void bind(int eventfd, int gsi) {
      work();
      boolean isBound = bound[eventfd] == gsi;
      log((isBound ? "unbind " : "bind ") + eventfd + " gsi " + gsi);
      if (isBound) {
        vm.irqfd(IrqfdRequest.deassign(eventfds[eventfd], FIRST_GSI + gsi));
        bound[eventfd] = NONE;
        counted[eventfd] = false;
      } else if (bound[eventfd] != NONE) {
        IrqfdRequest second = IrqfdRequest.assign(eventfds[eventfd], FIRST_GSI + gsi);
        assertErrno(Errno.EBUSY, () -> vm.irqfd(second));
      } else {
        vm.irqfd(IrqfdRequest.assign(eventfds[eventfd], FIRST_GSI + gsi));
        bound[eventfd] = gsi;
        injecting[eventfd] = counted[eventfd];
        injected();
      }
    }

    private void forward(int message, int gsi, int undo) {
      if (!explicit) {
        return;
      }
      boolean back = undo == 0;
      log((back ? "unforward " : "forward ") + message + (back ? "" : " gsi " + gsi));
      KvmVfioDevIrq irq = KvmVfioDevIrq.of(nicFd, IrqIndex.MSIX, message, FIRST_GSI + gsi);
      boolean taken = forwardedTo[message] != gsi && isForwardedTo(gsi);
      if (!posts) {
        assertErrno(Errno.ENXIO, () -> kv.forward(irq));
      } else if (!back && taken) {
        assertErrno(Errno.EBUSY, () -> kv.forward(irq));
      } else if (!back) {
        kv.forward(irq);
        forwardedTo[message] = gsi;
        programmed[message] = routes[gsi];
      } else if (forwardedTo[message] == NONE) {
        assertErrno(Errno.ENOENT, () -> kv.unforward(irq));
      } else {
        kv.unforward(irq);
        forwardedTo[message] = NONE;
        programmed[message] = null;
      }
    }

    private boolean isForwardedTo(int gsi) {
      for (int each : forwardedTo) {
        if (each == gsi) {
          return true;
        }
      }
      return false;
    }

    private static void assertErrno(Errno errno, Runnable call) {
      ErrnoException refused = assertThrows(ErrnoException.class, call::run);
      assertThat(refused.errno()).isEqualTo(errno);
    }

    private void route(int gsi, Dice dice) {
      routes[gsi] = Route.any(dice, VECTORS);
      log("route gsi " + gsi + " " + routes[gsi]);
      setRoutes();
    }

    private void setRoutes() {
      List<RoutingEntry> entries = new ArrayList<>();
      entries.add(RoutingEntry.irqchip(PIN, IoApic.IRQCHIP, PIN));
      for (int gsi = 0; gsi < MESSAGES; gsi++) {
        Route route = routes[gsi];
        if (route != null) {
          entries.add(route.of(FIRST_GSI + gsi));
        }
      }
      vm.setGsiRouting(entries, 0);
    }

    private void work() {
      log("work");
      queue.runAll();
      injected();
    }

    /** A call that waits lets work run: what was to be injected has been, if none is left. */
    private void injected() {
      if (!queue.queued().isEmpty()) {
        return;
      }
      for (int eventfd = 0; eventfd < MESSAGES; eventfd++) {
        Route route = bound[eventfd] == NONE ? null : routes[bound[eventfd]];
        if (injecting[eventfd] && route != null) {
          reference.deliver(route);
        }
        injecting[eventfd] = false;
      }
    }

    // The guest

    private X86Vcpu vcpu(int id) {
      return vcpus.get(id);
    }

    /** The reference is not told of the line: what came of it, it sees. */
    private Cpu cpu(int id) {
      Cpu cpu = reference.cpus.get(id);
      if (vcpu(id).localApic().irr().contains(LEVEL_VECTOR)) {
        cpu.pending.add(LEVEL_VECTOR);
      }
      return cpu;
    }

    private void take(int id, boolean serve) {
      int expected = cpu(id).take();
      int vector = vcpu(id).take();
      log("vCPU " + id + " takes " + vector);
      assertThat(vector).isEqualTo(expected);
      if (vector == LEVEL_VECTOR && serve) {
        line(false);
      }
    }

    private void end(int id) {
      log("vCPU " + id + " ends");
      vcpu(id).end(0);
      cpu(id).end();
    }

    private void takeNmi(int id) {
      Cpu cpu = cpu(id);
      log("vCPU " + id + " takes NMI");
      assertThat(vcpu(id).takeNmi()).isEqualTo(cpu.nmis > 0);
      cpu.nmis = Math.max(cpu.nmis - 1, 0);
    }

    private void load(int id, int physicalCpu) {
      log("load vCPU " + id + " on " + physicalCpu);
      vcpu(id).load(physicalCpu);
    }

    private void leave(int id, int how) {
      log("vCPU " + id + " leaves " + how);
      switch (how) {
        case 0 -> vcpu(id).put();
        case 1 -> vcpu(id).enter();
        default -> vcpu(id).leave();
      }
    }

    private void block(int id) {
      boolean blocked = vcpu(id).block();
      log("vCPU " + id + " blocks: " + blocked);
      assertThat(blocked).isEqualTo(!cpu(id).isRunnable());
    }

    private void taskPriority(int id, int choice) {
      if (vcpu(id).scheduling() != Scheduling.BLOCKED) {
        int priority = new int[] {0, 0x38, 0x40, 0x70}[choice];
        log("vCPU " + id + " task priority " + priority);
        vcpu(id).localApic().setTaskPriority(priority);
        cpu(id).taskPriority = priority;
      }
    }

    /** An inter-processor interrupt, unless the sender sleeps. */
    private void sendBetweenVcpus(int id, Dice dice) {
      if (vcpu(id).scheduling() == Scheduling.BLOCKED) {
        return;
      }
      Shorthand to = SHORTHANDS.get(dice.roll(3));
      int vector = VECTORS.get(dice.roll(VECTORS.size()));
      DeliveryMode mode = dice.roll(4) == 0 ? DeliveryMode.NMI : DeliveryMode.FIXED;
      log("vCPU " + id + " sends " + mode + " " + vector + " to " + to);
      ApicInterrupt interrupt = new ApicInterrupt(0, false, vector, mode, false, false);
      vcpu(id).send(new InterruptCommand(to, interrupt, true));
      reference.deliver(Route.between(id, to, vector, mode == DeliveryMode.NMI));
    }

    // The device with a line

    private void line(boolean high) {
      log("line " + high);
      cardFunction.assertIntx(high);
    }

    private void mask(int choice) {
      work();
      log("mask " + choice);
      switch (choice) {
        case 0 -> card.setIrqs(IrqSet.mask(IrqIndex.INTX));
        case 1, 2 -> card.setIrqs(IrqSet.unmask(IrqIndex.INTX));
        default -> {
          card.setIrqs(IrqSet.mask(IrqIndex.INTX));
          vm.irqfd(IrqfdRequest.deassign(cardTrigger, PIN));
          bindCard();
          card.setIrqs(IrqSet.unmask(IrqIndex.INTX));
        }
      }
    }

    private void bindCard() {
      vm.irqfd(IrqfdRequest.resample(cardTrigger, PIN, cardUnmask));
    }

    /** The guest moves or masks its line, or the host an interrupt of the device. */
    private void guestMoves(int id, boolean masked, boolean affinity) {
      log((affinity ? "affinity " : "redirect ") + id + (masked ? " masked" : ""));
      HostIrq irq = host.nic.interrupt(IrqIndex.MSIX, id).hostIrq();
      if (!affinity) {
        redirect(id, masked);
      } else if (irq != null) {
        irq.setAffinity(id);
      }
    }

    private void redirect(int id, boolean masked) {
      ioApic.writeRedirection(PIN, Redirection.entry(LEVEL_VECTOR, id, true, masked));
    }

    // What holds at any time, and in the end

    private void check() {
      for (int id = 0; id < vcpus.size(); id++) {
        if (vcpu(id).scheduling() == Scheduling.BLOCKED) {
          assertWithMessage("vCPU %s sleeps on", id).that(cpu(id).isRunnable()).isFalse();
        }
      }
      assertWithMessage("the line was taken").that(cardTaken).isAtMost(cardSignals);
      for (int message = 0; message < MESSAGES; message++) {
        Route route = routeOf(message);
        boolean mayPost = posts && trigger[message] != NONE && route != null && route.isPostable();
        if (!mayPost || explicit) {
          assertThat(isPosted(message)).isEqualTo(mayPost);
        }
      }
      if (queue.queued().isEmpty()) {
        checkLine();
      }
    }

    /** The route that decides whether hardware delivers a message. */
    private @Nullable Route routeOf(int message) {
      if (explicit) {
        return programmed[message];
      }
      int eventfd = trigger[message];
      return eventfd == NONE || bound[eventfd] == NONE ? null : routes[bound[eventfd]];
    }

    /** No work waits: a line that is high is the guest's, or userspace masked it. */
    private void checkLine() {
      VfioInterrupt intx = card.interrupt(IrqIndex.INTX, 0);
      if (!cardFunction.isIntxAsserted() || intx.isMasked()) {
        return;
      }
      assertWithMessage("pin of the line").that(ioApic.irr() & 1 << PIN).isNotEqualTo(0);
      if ((ioApic.redirection(PIN) & Redirection.MASKED) == 0) {
        boolean somewhere = false;
        for (X86Vcpu vcpu : vcpus) {
          somewhere |= vcpu.localApic().irr().contains(LEVEL_VECTOR);
          somewhere |= vcpu.localApic().isr().contains(LEVEL_VECTOR);
        }
        assertWithMessage("the line's interrupt is somewhere").that(somewhere).isTrue();
      }
    }

    /** The guest takes everything; then one interrupt of the line is one interrupt of its own. */
    private void finish() {
      log("finish");
      line(false);
      card.setIrqs(IrqSet.unmask(IrqIndex.INTX));
      redirect(0, false);
      for (int i = 0; i < 3; i++) {
        work();
        drain();
      }
      assertThat(ended).isEqualTo(taken);
      line(true);
      work();
      take(0, true);
      assertThat(reference.cpus.get(0).inService).containsExactly(LEVEL_VECTOR);
      work();
      drain();
      assertThat(ended).isEqualTo(taken);
    }

    private void drain() {
      for (int id = 0; id < vcpus.size(); id++) {
        load(id, 0);
        taskPriority(id, 0);
        while (!reference.cpus.get(id).inService.isEmpty()) {
          end(id);
        }
        while (cpu(id).nmis > 0) {
          takeNmi(id);
        }
        while (cpu(id).next() >= 0) {
          take(id, true);
          end(id);
        }
        take(id, false);
        takeNmi(id);
        assertThat(vcpu(id).localApic().irr()).isEmpty();
        assertThat(vcpu(id).localApic().isr()).isEmpty();
      }
    }

    private void close(Random random) {
      List<Integer> order = new ArrayList<>();
      for (int fd = 0; fd < host.descriptors.open(); fd++) {
        order.add(fd);
      }
      Collections.shuffle(order, random);
      log("close " + order);
      order.forEach(host.descriptors::close);
      queue.runAll();
      host.assertNothingRegistered();
      assertThat(host.descriptors.open()).isEqualTo(0);
      assertThat(vm.irqfds()).isEmpty();
      for (HostIrq irq : host.interrupts.all()) {
        assertWithMessage("%s", irq).that(irq.isRequested()).isFalse();
        assertWithMessage("%s", irq).that(irq.isActive()).isFalse();
      }
    }
  }
}
