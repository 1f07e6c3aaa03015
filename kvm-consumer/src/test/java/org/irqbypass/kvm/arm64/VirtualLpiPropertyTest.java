package org.irqbypass.kvm.arm64;

import static com.google.common.truth.Truth.assertWithMessage;

import com.google.common.collect.ImmutableList;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.statistics.Statistics;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.Raise;
import org.irqbypass.kvm.Irqfd;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.KvmRules;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.ConnectPolicy;
import org.jspecify.annotations.Nullable;

/**
 * Two devices, two irqfds, two vCPUs, and whatever userspace and the guest may do in any order: an
 * interrupt is delivered by hardware exactly while its status says so, one LPI never has two host
 * interrupts, and nothing is left behind.
 */
final class VirtualLpiPropertyTest {
  private static final int DEVICE = 32;
  private static final long DOORBELL = 0x08090040;
  private static final int STEPS = 60;

  private static final class Side {
    final int gsi;
    final HostIrq irq;
    final int eventfd;
    @Nullable BypassProducer producer;
    boolean assigned;

    Side(ArmHost host, int gsi) {
      this.gsi = gsi;
      this.irq = host.interrupts.allocateMessage("device " + gsi);
      this.eventfd = host.eventfd();
      irq.request(
          fired -> {
            var unused = host.context(eventfd).signal();
            return true;
          },
          true);
    }
  }

  @Property(tries = 400)
  void hardwareDeliversExactlyWhatTheStatusSaysAndNothingIsLeftBehind(
      @ForAll Random random, @ForAll boolean old) {
    Trial trial = new Trial(random, old ? KvmRules.LINUX_6_1 : KvmRules.LINUX_6_17);
    for (int i = 0; i < STEPS; i++) {
      trial.step();
      if (!old) {
        trial.check();
      }
    }
    trial.end();
    Statistics.label("raise")
        .coverage(seen -> seen.check(Raise.POSTED).percentage(share -> share > 5));
  }

  private static final class Trial {
    private final Random random;
    private final ArmHost host;
    private final Its its;
    private final ImmutableList<Side> sides;
    private final List<String> done = new ArrayList<>();

    Trial(Random random, KvmRules rules) {
      this.random = random;
      this.host = new ArmHost(rules).withIts(2);
      this.its = host.arm64.itses().get(0);
      this.sides = ImmutableList.of(new Side(host, 10), new Side(host, 11));
      its.execute(new ItsCommand.Mapd(DEVICE, 2, true));
      mapEvents();
      host.vm.setGsiRouting(
          List.of(
              RoutingEntry.msi(10, DOORBELL, 0, DEVICE), RoutingEntry.msi(11, DOORBELL, 1, DEVICE)),
          0);
      sides.forEach(this::toggleIrqfd);
      sides.forEach(this::toggleProducer);
    }

    private void mapEvents() {
      its.execute(new ItsCommand.Mapti(DEVICE, 0, 8192, 0));
      its.execute(new ItsCommand.Mapti(DEVICE, 1, 8193, 1));
      its.execute(new ItsCommand.Mapti(DEVICE, 2, 8193, 0)); // two events, one LPI
    }

    private Side anySide() {
      return sides.get(random.nextInt(2));
    }

    private void log(String what) {
      done.add(what);
    }

    void step() {
      switch (random.nextInt(12)) {
        case 0, 1 -> toggleProducer(anySide());
        case 2, 3 -> toggleIrqfd(anySide());
        case 4 -> route();
        case 5, 6 -> command();
        case 7, 8, 9, 10 -> raise(anySide());
        default -> {
          int vcpu = random.nextInt(2);
          log("vCPU " + vcpu + " took " + host.run(vcpu));
        }
      }
      host.deferred.runAll();
    }

    private void toggleProducer(Side side) {
      BypassProducer registered = side.producer;
      if (registered != null) {
        log("unregister " + side.gsi);
        host.registry.unregister(registered);
        side.producer = null;
        return;
      }
      BypassProducer comer =
          new BypassProducer(side.irq, ConnectPolicy.OPPORTUNISTIC) {
            @Override
            protected int addConsumer(BypassConsumer consumer) {
              return 0;
            }
          };
      try {
        int result = host.registry.register(comer, host.context(side.eventfd));
        log("register " + side.gsi + " = " + result);
        side.producer = result == 0 ? comer : null;
      } catch (ErrnoException busy) {
        log("register " + side.gsi + " " + busy.errno());
      }
    }

    private void toggleIrqfd(Side side) {
      log((side.assigned ? "deassign " : "assign ") + side.gsi);
      host.vm.irqfd(
          side.assigned
              ? IrqfdRequest.deassign(side.eventfd, side.gsi)
              : IrqfdRequest.assign(side.eventfd, side.gsi));
      side.assigned = !side.assigned;
    }

    private void route() {
      List<RoutingEntry> entries = new ArrayList<>();
      for (Side side : sides) {
        switch (random.nextInt(6)) {
          case 0 -> {}
          case 1 -> entries.add(RoutingEntry.irqchip(side.gsi, 0, side.gsi));
          case 2 -> entries.add(RoutingEntry.msi(side.gsi, 0x12345678, 0, DEVICE));
          default -> entries.add(RoutingEntry.msi(side.gsi, DOORBELL, random.nextInt(4), DEVICE));
        }
      }
      log("route " + entries);
      host.vm.setGsiRouting(entries, 0);
    }

    private void command() {
      int event = random.nextInt(4);
      ItsCommand command =
          switch (random.nextInt(9)) {
            case 0 -> new ItsCommand.Discard(DEVICE, event);
            case 1 -> new ItsCommand.Movi(DEVICE, event, random.nextInt(2));
            case 2 ->
                new ItsCommand.Mapc(random.nextInt(2), random.nextInt(2), random.nextBoolean());
            case 3 -> new ItsCommand.Movall(0, 1);
            case 4 -> new ItsCommand.Int(DEVICE, event);
            case 5 -> new ItsCommand.Clear(DEVICE, event);
            case 6 -> new ItsCommand.Invall(random.nextInt(2));
            case 7 -> new ItsCommand.Mapd(DEVICE, 2, true);
            default -> new ItsCommand.Inv(DEVICE, event);
          };
      log(command.toString());
      its.execute(command);
      if (random.nextInt(4) != 0) {
        log("map what is not mapped");
        mapEvents();
      }
    }

    private void raise(Side side) {
      boolean posted = side.irq.isPosted();
      Raise raise = side.irq.raise();
      Statistics.label("raise").collect(raise);
      log("raise " + side.gsi + " " + raise);
      assertWithMessage("%s", done).that(raise).isEqualTo(posted ? Raise.POSTED : Raise.HANDLED);
    }

    void check() {
      for (Side side : sides) {
        Irqfd irqfd = host.vm.irqfdOf(host.context(side.eventfd), side.gsi);
        boolean bypassed = irqfd != null && irqfd.status().reason() == BypassReason.BYPASSED;
        assertWithMessage("gsi %s after %s", side.gsi, done)
            .that(side.irq.isPosted())
            .isEqualTo(bypassed);
        assertWithMessage("gsi %s after %s", side.gsi, done)
            .that(side.irq.vcpuAffinity() != null)
            .isEqualTo(bypassed);
      }
    }

    /** Everything is closed; the VM's end takes back what the old kernel left behind. */
    void end() {
      for (Side side : sides) {
        if (side.producer != null) {
          toggleProducer(side);
        }
        if (side.assigned) {
          toggleIrqfd(side);
        }
      }
      its.execute(new ItsCommand.Mapd(DEVICE, 2, false));
      for (Side side : sides) {
        assertWithMessage("%s", done).that(side.irq.isPosted()).isFalse();
        assertWithMessage("%s", done).that(side.irq.vcpuAffinity()).isNull();
        assertWithMessage("%s", done).that(side.irq.raise()).isEqualTo(Raise.HANDLED);
      }
    }
  }
}
