package org.irqbypass.legacy;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.GenerationMode;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.RandomDistribution;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdEvent;
import org.irqbypass.host.ForwardingPlatform;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.HostIrqEvent;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.Raise;
import org.irqbypass.host.Trigger;
import org.irqbypass.host.VcpuAffinity;
import org.irqbypass.host.VirtualLpiPlatform;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vcpu.Scheduling;
import org.irqbypass.kvm.Vm;
import org.irqbypass.kvm.arm64.Arm64;
import org.irqbypass.kvm.arm64.Arm64Vcpu;
import org.irqbypass.kvm.arm64.Arm64Vm;
import org.irqbypass.kvm.arm64.GicBringUp;
import org.irqbypass.kvm.arm64.GicHardware;
import org.irqbypass.kvm.arm64.Its;
import org.irqbypass.kvm.arm64.ItsCommand;
import org.irqbypass.kvm.arm64.SpiState;
import org.irqbypass.kvm.arm64.Vgic;
import org.irqbypass.kvm.arm64.VirtualLpi;
import org.irqbypass.legacy.ReferenceGic.Cpu;
import org.irqbypass.legacy.ReferenceGic.Line;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.vfio.IrqIndex;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.VfioEvent;
import org.irqbypass.vfio.VfioGroup;
import org.irqbypass.vfio.VfioGroupFile;
import org.irqbypass.vfio.VfioInterrupt;
import org.irqbypass.vfio.platform.PlatformIrq;
import org.irqbypass.vfio.platform.VfioPlatformDevice;
import org.jspecify.annotations.Nullable;

/**
 * Two vCPUs; a board with a level and an edge, a card with two messages where there is an ITS,
 * interrupts of software's own; and whatever devices, guest, scheduler and userspace may do in any
 * order, on each Arm platform and in both designs. What the guest takes is what the {@linkplain
 * ReferenceGic reference} allows: no edge is lost, none comes more often than it was raised, nobody
 * sleeps on what is pending. A line that is high and unmasked is on its way somewhere; what was
 * left to the guest to complete is completed once; nothing is left registered.
 */
final class Arm64PlatformsPropertyTest {
  private static final int STEPS = 60;

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
  void arm64Gicv2(@ForAll("steps") List<Integer> steps, @ForAll boolean explicit) {
    new Session(new ForwardingPlatform("arm64-gicv2"), GicHardware.GICV2, explicit).run(steps);
  }

  @Property(generation = GenerationMode.RANDOMIZED, edgeCases = EdgeCasesMode.NONE)
  void arm64Gicv3(@ForAll("steps") List<Integer> steps, @ForAll boolean explicit) {
    new Session(new ForwardingPlatform("arm64-gicv3"), GicHardware.GICV3, explicit).run(steps);
  }

  @Property(generation = GenerationMode.RANDOMIZED, edgeCases = EdgeCasesMode.NONE)
  void arm64Gicv4(@ForAll("steps") List<Integer> steps, @ForAll boolean explicit) {
    new Session(new VirtualLpiPlatform("arm64-gicv4"), GicHardware.GICV4, explicit).run(steps);
  }

  /** Small choices out of one number, so that a sequence is a list that can be shortened. */
  private static final class Dice {
    private int left;

    Dice(int number) {
      left = number;
    }

    int roll(int sides) {
      int rolled = left % sides;
      left /= sides;
      return rolled;
    }
  }

  /** An eventfd, an irqfd, and two guest interrupts of which its gsi is routed to one or none. */
  private static final class Source {
    final int gsi;
    final int eventfd;
    final ImmutableList<Line> lines;
    @Nullable Line routed;
    boolean bound;

    /** Signalled while nobody was bound. */
    boolean counted;

    int raised;
    int taken;

    Source(int gsi, int eventfd, List<Line> lines) {
      this.gsi = gsi;
      this.eventfd = eventfd;
      this.lines = ImmutableList.copyOf(lines);
    }
  }

  private static final class Session {
    private static final int DEVICE = 32;
    private static final int EVENTS = 3;
    private static final int FIRST_LPI = 8192;
    private static final long DOORBELL = 0x08090040;
    private static final int SGI = 3;
    private static final int FIRST_SOFTWARE_SPI = 44;
    private static final int PHYSICAL_CPUS = 4;
    private static final int UNMASKED = 0x100;

    private final LegacyHost host;
    private final Vm vm;
    private final Arm64Vm arm64;
    private final Vgic vgic;
    private final @Nullable Its its;
    private final boolean explicit;
    private final KvmVfioDevice kv;
    private final int boardFd;
    private final int nicFd;
    private final VfioPlatformDevice board;
    private final HostIrq uart;
    private final HostIrq button;
    private final int resample;
    private final ReferenceGic reference = new ReferenceGic();
    private final Source level;
    private final Source edge;
    private final List<Source> messages = new ArrayList<>();
    private final List<Source> software = new ArrayList<>();
    private final List<Source> all = new ArrayList<>();

    /** By target, then by sender. */
    private final ImmutableList<ImmutableList<Line>> sgis;

    private final List<String> done = new ArrayList<>();

    /** By event: whether the guest's ITS translates it. */
    private final boolean[] translated = new boolean[EVENTS];

    /** By host interrupt: fired for the guest to complete, less completed. */
    private final Map<HostIrq, Integer> uncompleted = new HashMap<>();

    /** The level waits for an unmask that the guest will not send. */
    private boolean severed;

    Session(HostPlatform platform, GicHardware hardware, boolean explicit) {
      this.explicit = explicit;
      host =
          new LegacyHost(
              platform,
              new Arm64(hardware),
              explicit ? ConnectPolicy.DISABLED : ConnectPolicy.OPPORTUNISTIC,
              LegacyRules.PROPOSAL_2015);
      boolean messagesToo = !hardware.equals(GicHardware.GICV2);
      int guest = host.kvm.createVm();
      vm = host.kvm.vm(guest);
      new GicBringUp(2, 64, messagesToo, true, true).bringUp(vm);
      arm64 = Arm64Vm.of(vm);
      vgic = arm64.vgic();
      its = messagesToo ? arm64.itses().get(0) : null;
      nicFd = host.openNic();
      kv = host.openKv(guest);
      uart = host.interrupts.allocate("line", Trigger.LEVEL);
      button = host.interrupts.allocate("button", Trigger.EDGE);
      board =
          new VfioPlatformDevice(
              host.vfio, "board", List.of(new PlatformIrq(uart), new PlatformIrq(button)));
      boardFd = openBoard();
      resample = host.eventfd();

      sgis =
          ImmutableList.of(
              reference.sgis(SGI, 0, !messagesToo), reference.sgis(SGI, 1, !messagesToo));
      level = source(8, List.of(spi(40, 0x80, true), spi(41, 0xa0, true)));
      edge = source(10, List.of(spi(42, 0x40, false), spi(43, 0xa0, false)));
      for (int i = 0; i < 5; i++) {
        int priority = i < 3 ? 0xa0 : 0x60;
        software.add(source(12 + i, List.of(spi(FIRST_SOFTWARE_SPI + i, priority, false))));
      }
      if (its != null) {
        its.execute(new ItsCommand.Mapd(DEVICE, 2, true));
        List<Line> lpis = new ArrayList<>();
        for (int event = 0; event < EVENTS; event++) {
          int priority = event == 0 ? 0x60 : 0xa0;
          lpis.add(reference.edge(FIRST_LPI + event, priority, 0));
          vgic.lpis().writeProperties(FIRST_LPI + event, priority, true);
          map(event);
        }
        messages.add(source(50, lpis));
        messages.add(source(51, lpis));
        messages.get(1).routed = lpis.get(1);
        host.nic.setIrqs(
            IrqSet.trigger(IrqIndex.MSIX, 0, messages.get(0).eventfd, messages.get(1).eventfd));
      }
      route();
      host.trace.listen((nanos, event) -> told(event));
      board.setIrqs(IrqSet.unmaskBy(0, resample));
      all.forEach(this::bind);
      trigger(level, true);
      trigger(edge, true);
    }

    private int openBoard() {
      int groupFd = host.vfio.openGroup(new VfioGroup(host.vfio, 3).add(board));
      VfioGroupFile group = host.vfio.group(groupFd);
      int container = host.vfio.openContainer();
      group.setContainer(container);
      host.vfio.container(container).setIommu(LegacyHost.TYPE1_IOMMU);
      int fd = group.deviceFd("board");
      kv.addGroup(groupFd);
      return fd;
    }

    private Line spi(int intid, int priority, boolean isLevel) {
      vgic.configureSpi(intid, isLevel ? Trigger.LEVEL : Trigger.EDGE, true);
      vgic.setPriority(intid, priority);
      return isLevel ? reference.level(intid, priority, 0) : reference.edge(intid, priority, 0);
    }

    private Source source(int gsi, List<Line> lines) {
      Source source = new Source(gsi, host.eventfd(), lines);
      source.routed = lines.get(0);
      all.add(source);
      return source;
    }

    // ---- What the host tells

    private void told(TraceEvent event) {
      if (event instanceof EventfdEvent.Signal signal) {
        for (Source source : all) {
          if (signal.eventfd().equals(host.descriptors.eventfd(source.eventfd))) {
            signalled(source);
          }
        }
      } else if (event instanceof VfioEvent.IrqHandler handler) {
        HostIrq irq = handler.interrupt().hostIrq();
        if (irq != null && irq.isForwarded()) {
          uncompleted.merge(irq, 1, Integer::sum);
          assertThat(uncompleted.get(irq)).isEqualTo(1);
        }
      } else if (event instanceof HostIrqEvent.Activated activated) {
        uncompleted.merge(activated.irq(), 1, Integer::sum);
      } else if (event instanceof HostIrqEvent.Deactivated deactivated) {
        uncompleted.merge(deactivated.irq(), -1, Integer::sum);
        assertThat(uncompleted.get(deactivated.irq())).isEqualTo(0);
      }
    }

    private void signalled(Source source) {
      if (!source.bound) {
        source.counted = true;
      } else {
        reaches(source);
      }
      if (source == level) {
        level.raised++;
        severed |= !source.bound || source.routed == null;
      }
    }

    /** What is signalled comes to where the gsi leads. */
    private void reaches(Source source) {
      Line line = source.routed;
      if (line != null && isTranslated(line)) {
        line.came();
      }
    }

    private boolean isTranslated(Line line) {
      return !line.isLpi() || translated[line.intid - FIRST_LPI];
    }

    // ---- The devices

    private void raiseEdge() {
      edge.raised++;
      log("edge " + button.raise());
    }

    private void raiseMessage(Source source, int vector) {
      HostIrq irq = host.nic.interrupt(IrqIndex.MSIX, vector).hostIrq();
      Line mapped = mapped(irq);
      Raise raise = host.nicFunction.raiseMsix(vector);
      log("message " + vector + " " + raise);
      source.raised++;
      assertThat(raise == Raise.POSTED).isEqualTo(mapped != null);
      if (mapped != null) {
        mapped.came();
        if (!explicit) {
          assertWithMessage("where message %s goes", vector)
              .that(mapped)
              .isSameInstanceAs(source.routed);
        }
      }
    }

    private @Nullable Line mapped(@Nullable HostIrq irq) {
      return irq != null
              && irq.isPosted()
              && irq.vcpuAffinity() instanceof VcpuAffinity.VirtualLpi given
              && given.mapping() instanceof VirtualLpi vlpi
          ? messages.get(0).lines.get(vlpi.intid() - FIRST_LPI)
          : null;
    }

    /** A mapping that ends takes along what the hardware has pending. */
    private void mappingEnds(Source source) {
      int vector = messages.indexOf(source);
      Line line = vector < 0 ? null : mapped(host.nic.interrupt(IrqIndex.MSIX, vector).hostIrq());
      if (line != null) {
        line.mayBeLost();
      }
    }

    // ---- Userspace

    private void trigger(Source source, boolean on) {
      log("trigger " + source.gsi + " " + on);
      mappingEnds(source);
      int fd = on ? source.eventfd : -1;
      int vector = messages.indexOf(source);
      if (vector >= 0) {
        host.nic.setIrqs(IrqSet.trigger(IrqIndex.MSIX, vector, fd));
      } else {
        board.setIrqs(IrqSet.trigger(source == level ? 0 : 1, 0, fd));
      }
    }

    private void bind(Source source) {
      log((source.bound ? "unbind " : "bind ") + source.gsi);
      mappingEnds(source);
      if (source.bound) {
        source.bound = false;
        severed |= source == level;
        vm.irqfd(IrqfdRequest.deassign(source.eventfd, source.gsi));
        return;
      }
      boolean counted = source.counted;
      source.bound = true;
      source.counted = false;
      vm.irqfd(
          source == level
              ? IrqfdRequest.resample(source.eventfd, source.gsi, resample)
              : IrqfdRequest.assign(source.eventfd, source.gsi));
      host.queue.runAll();
      if (counted) {
        reaches(source);
      }
    }

    private void route() {
      List<RoutingEntry> entries = new ArrayList<>();
      for (Source source : all) {
        Line line = source.routed;
        if (line != null) {
          entries.add(
              line.isLpi()
                  ? RoutingEntry.msi(source.gsi, DOORBELL, line.intid - FIRST_LPI, DEVICE)
                  : RoutingEntry.irqchip(source.gsi, 0, line.intid - Vgic.PRIVATE_IRQS));
        }
      }
      vm.setGsiRouting(entries, 0);
    }

    private void reroute(Source source, int choice) {
      if (source == level && isAssertedBySoftware()) {
        return; // the line would stay up at its old place: KVM has always been so
      }
      // What is in flight at the old place completes there, which the gsi is not told of any more.
      severed |= source == level && board.interrupt(0, 0).isBeingHandled();
      mappingEnds(source);
      source.routed = choice < source.lines.size() ? source.lines.get(choice) : null;
      log("route " + source.gsi + " to " + (source.routed == null ? "-" : source.routed.intid));
      route();
    }

    private boolean isAssertedBySoftware() {
      return level.lines.stream()
          .map(line -> vgic.spiState(line.intid))
          .anyMatch(state -> state.line() && !state.mapped());
    }

    private void forward(Source source, boolean on) {
      int vector = messages.indexOf(source);
      if (!explicit || (vector < 0 && source != level && source != edge)) {
        return;
      }
      mappingEnds(source);
      KvmVfioDevIrq irq =
          vector >= 0
              ? KvmVfioDevIrq.of(nicFd, IrqIndex.MSIX, vector, source.gsi)
              : KvmVfioDevIrq.of(boardFd, source == level ? 0 : 1, 0, source.gsi);
      try {
        if (on) {
          kv.forward(irq);
        } else {
          kv.unforward(irq);
        }
        log((on ? "forward " : "unforward ") + source.gsi);
      } catch (ErrnoException refused) {
        log((on ? "forward " : "unforward ") + source.gsi + " " + refused.errno());
      }
    }

    // ---- The scheduler

    private Arm64Vcpu vcpu(int id) {
      return (Arm64Vcpu) vm.vcpuById(id);
    }

    private void schedule(int id, int choice, int physicalCpu) {
      log(
          "vCPU "
              + id
              + List.of(" load ", " put ", " enter ", " leave ").get(choice)
              + physicalCpu);
      switch (choice) {
        case 0 -> vcpu(id).load(physicalCpu);
        case 1 -> vcpu(id).put();
        case 2 -> vcpu(id).enter();
        default -> vcpu(id).leave();
      }
    }

    private void block(int id) {
      boolean blocked = vcpu(id).block();
      log("vCPU " + id + " blocks " + blocked);
      assertThat(blocked ? reference.mustTakeSome(id) : !reference.mayTakeSome(id)).isFalse();
    }

    // ---- The guest

    private int take(int id) {
      int intid = vcpu(id).take();
      log("vCPU " + id + " takes " + intid);
      reference.took(id, intid);
      for (Source source : all) {
        for (Line line : source.lines) {
          source.taken += line.intid == intid ? 1 : 0;
        }
      }
      return intid;
    }

    /** In one step, or the priority only. */
    private void end(int id, boolean completely) {
      Cpu cpu = reference.cpus.get(id);
      if (cpu.running.isEmpty()) {
        return;
      }
      Line line = cpu.running.pop();
      log("vCPU " + id + (completely ? " ends " : " drops ") + line.intid);
      if (completely || line.isLpi()) {
        line.completed();
        vcpu(id).end(line.intid);
      } else {
        cpu.dropped.add(line);
        vcpu(id).dropPriority(line.intid);
      }
    }

    private void deactivate(int id, int which) {
      Cpu cpu = reference.cpus.get(id);
      if (!cpu.dropped.isEmpty()) {
        Line line = cpu.dropped.remove(which % cpu.dropped.size());
        log("vCPU " + id + " deactivates " + line.intid);
        line.completed();
        vcpu(id).deactivate(line.intid);
      }
    }

    private void maskPriorities(int id, int mask) {
      log("vCPU " + id + " masks " + mask);
      vcpu(id).enter();
      vcpu(id).maskPriorities(mask);
      reference.cpus.get(id).priorityMask = mask;
    }

    private void enable(Line line, boolean on) {
      log((on ? "enable " : "disable ") + line.intid);
      if (!line.isLpi()) {
        vgic.configureSpi(line.intid, line.level ? Trigger.LEVEL : Trigger.EDGE, on);
        line.enabled = on;
      } else if (its != null && isTranslated(line)) {
        vgic.lpis().writeProperties(line.intid, line.priority, on);
        its.execute(new ItsCommand.Inv(DEVICE, line.intid - FIRST_LPI));
        line.enabled = on;
      }
    }

    private void move(Line line, int cpu) {
      log("move " + line.intid + " to vCPU " + cpu);
      if (!line.isLpi()) {
        vgic.setTarget(line.intid, cpu);
        line.moveTo(cpu);
      } else if (its != null && isTranslated(line)) {
        its.execute(new ItsCommand.Movi(DEVICE, line.intid - FIRST_LPI, cpu));
        line.moveTo(cpu);
      }
    }

    private void map(int event) {
      if (its != null && !translated[event]) {
        int cpu = messages.isEmpty() ? 0 : messages.get(0).lines.get(event).cpu;
        its.execute(new ItsCommand.Mapti(DEVICE, event, FIRST_LPI + event, cpu));
        translated[event] = true;
      }
    }

    private void discard(int event) {
      if (its != null && translated[event]) {
        log("discard " + event);
        messages.get(0).lines.get(event).mayBeLost();
        its.execute(new ItsCommand.Discard(DEVICE, event));
        translated[event] = false;
      } else {
        map(event);
      }
    }

    // ---- One sequence

    void run(List<Integer> steps) {
      try {
        for (int step : steps) {
          step(new Dice(step));
          host.queue.runAll();
          check();
        }
        finish();
        close(new Random(steps.hashCode()));
      } catch (RuntimeException | AssertionError fault) {
        throw new AssertionError(String.join("\n", done), fault);
      }
    }

    private void log(String what) {
      done.add(what);
    }

    private Source any(Dice dice) {
      return all.get(dice.roll(all.size()));
    }

    private Line anyLine(Dice dice) {
      Source source = any(dice);
      return source.lines.get(dice.roll(source.lines.size()));
    }

    private void step(Dice dice) {
      switch (dice.roll(32)) {
        case 0, 1, 2 -> {
          boolean high = dice.roll(3) != 0;
          log("line " + high);
          uart.setLine(high);
        }
        case 3, 4 -> raiseEdge();
        case 5, 6, 7 -> {
          int vector = dice.roll(2);
          if (its == null) {
            raiseEdge();
          } else {
            raiseMessage(messages.get(vector), vector);
          }
        }
        case 8, 9, 10 -> {
          Source source = software.get(dice.roll(software.size()));
          log("write " + source.gsi);
          source.raised++;
          host.descriptors.eventfd(source.eventfd).signal();
        }
        case 11 -> {
          int to = dice.roll(2);
          int from = dice.roll(2);
          log("SGI from vCPU " + from + " to vCPU " + to);
          sgis.get(to).get(from).came();
          vcpu(from).sendSgi(SGI, to);
        }
        case 12, 13, 14, 15 -> take(dice.roll(2));
        case 16, 17 -> end(dice.roll(2), dice.roll(2) == 0);
        case 18 -> deactivate(dice.roll(2), dice.roll(4));
        case 19, 20 -> schedule(dice.roll(2), dice.roll(4), dice.roll(PHYSICAL_CPUS));
        case 21, 22 -> block(dice.roll(2));
        case 23 -> maskPriorities(dice.roll(2), dice.roll(2) == 0 ? 0x80 : UNMASKED);
        case 24 -> reroute(any(dice), dice.roll(3));
        case 25 -> {
          Source source = any(dice);
          if (!software.contains(source)) {
            trigger(source, dice.roll(3) != 0);
          }
        }
        case 26 -> bind(any(dice));
        case 27 -> forward(dice.roll(2) == 0 ? level : any(dice), dice.roll(3) != 0);
        case 28 -> {
          boolean mask = dice.roll(2) == 0;
          log(mask ? "mask" : "unmask");
          board.setIrqs(mask ? IrqSet.mask(0) : IrqSet.unmask(0));
        }
        case 29 -> enable(anyLine(dice), dice.roll(2) == 0);
        case 30 -> move(anyLine(dice), dice.roll(2));
        default -> discard(dice.roll(EVENTS));
      }
    }

    private void check() {
      for (int id = 0; id < 2; id++) {
        boolean pending = vcpu(id).hasPending();
        assertWithMessage("vCPU %s has something pending", id)
            .that(pending ? reference.mayTakeSome(id) : !reference.mustTakeSome(id))
            .isTrue();
        assertWithMessage("vCPU %s sleeps on", id)
            .that(pending && vcpu(id).scheduling() == Scheduling.BLOCKED)
            .isFalse();
        assertThat(vcpu(id).isResident()).isEqualTo(vcpu(id).isRunning());
      }
      checkLevel();
      checkCounts();
    }

    private void checkLevel() {
      VfioInterrupt interrupt = board.interrupt(0, 0);
      if (!interrupt.isBeingHandled() && !uart.isActive()) {
        severed = false;
      }
      boolean due = uart.isLineHigh() && !interrupt.isMasked() && interrupt.trigger() != null;
      if (due && level.bound && level.routed != null && !severed) {
        boolean underWay = uart.isActive();
        for (Line line : level.lines) {
          SpiState state = vgic.spiState(line.intid);
          underWay |= state.pending() || state.active() || state.line();
        }
        assertWithMessage("the line is high, and on its way").that(underWay).isTrue();
      }
    }

    private void checkCounts() {
      int raised = 0;
      int taken = 0;
      for (Source source : all) {
        if (messages.contains(source)) {
          raised += source.raised;
          taken = source.taken; // the two have the same LPIs
        } else {
          assertWithMessage("gsi %s", source.gsi).that(source.taken).isAtMost(source.raised);
        }
      }
      assertThat(taken).isAtMost(raised);
    }

    private void finish() {
      log("finish");
      uart.setLine(false);
      for (Source source : all) {
        forward(source, false);
        host.queue.runAll();
        if (!source.bound) {
          bind(source);
        }
        source.lines.forEach(line -> enable(line, true));
        reroute(source, 0);
      }
      for (int event = 0; event < EVENTS; event++) {
        map(event);
      }
      for (Line line : messages.isEmpty() ? List.<Line>of() : messages.get(0).lines) {
        enable(line, true);
      }
      trigger(level, true);
      trigger(edge, true);
      for (int i = 0; i < 3; i++) {
        board.setIrqs(IrqSet.unmask(0));
        drain();
      }
      reroute(level, 0);
      assertThat(vgic.spiState(40).line()).isFalse();

      int before = level.taken;
      uart.setLine(true);
      raiseEdge();
      for (int vector = 0; vector < messages.size(); vector++) {
        trigger(messages.get(vector), true);
        raiseMessage(messages.get(vector), vector);
      }
      host.queue.runAll();
      check();
      drain();
      assertWithMessage("the guest gets a line that is high")
          .that(level.taken)
          .isGreaterThan(before);
    }

    /** Takes one, and quietens the device whose it is. */
    private boolean serve(int id) {
      int intid = take(id);
      if (level.lines.stream().anyMatch(line -> line.intid == intid)) {
        uart.setLine(false);
      }
      return intid >= 0;
    }

    private void drain() {
      for (int round = 0; round < 2; round++) {
        for (int id = 0; id < 2; id++) {
          maskPriorities(id, UNMASKED);
          do {
            Cpu cpu = reference.cpus.get(id);
            while (!cpu.running.isEmpty()) {
              end(id, true);
              host.queue.runAll();
            }
            while (!cpu.dropped.isEmpty()) {
              deactivate(id, 0);
              host.queue.runAll();
            }
          } while (serve(id));
          assertThat(reference.mustTakeSome(id)).isFalse();
        }
      }
      assertThat(reference.owesSomething()).isFalse();
    }

    private void close(Random random) {
      uart.setLine(false);
      drain();
      List<Integer> order = new ArrayList<>();
      for (int fd = 0; fd < host.descriptors.open(); fd++) {
        order.add(fd);
      }
      Collections.shuffle(order, random);
      log("close " + order);
      host.trace.listen(null);
      uncompleted.forEach((irq, left) -> assertWithMessage("%s", irq).that(left).isEqualTo(0));
      order.forEach(host.descriptors::close);
      host.queue.runAll();
      host.assertNothingRegistered();
      assertThat(host.descriptors.open()).isEqualTo(0);
      assertThat(vm.irqfds()).isEmpty();
      assertThat(vm.isHalted()).isFalse();
      for (Line line : level.lines) {
        assertThat(vgic.spiState(line.intid).mapped()).isFalse();
      }
      for (HostIrq irq : host.interrupts.all()) {
        assertWithMessage("%s", irq).that(irq.isRequested()).isFalse();
        assertWithMessage("%s", irq).that(irq.isActive()).isFalse();
      }
    }
  }
}
