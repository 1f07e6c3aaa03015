package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import org.irqbypass.comparison.catalogue.Catalogue;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.scenario.Scenario;

/** Small scenarios whose orders can be counted, and how to explore them. */
final class Orders {
  private Orders() {}

  /** Two machines, each with its network card, whose vectors are posted. */
  static final String CARDS =
      """
      name: cards
      title: Two machines with a card each
      platform: x86-posted
      devices:
        nic: {intx: 1, msi: 0, msix: 2, err: 1, req: 1, reset: true}
        nic1: {intx: 1, msi: 0, msix: 2, err: 1, req: 1, reset: true}
      explore: {from: open, until: closed%s}
      steps:
        - vmm:
            - vm.new vm=v0
            - vm.irqchip vm=v0
            - vm.vcpu vm=v0 vcpu=0
            - vm.new vm=v1
            - vm.irqchip vm=v1
            - vm.vcpu vm=v1 vcpu=0
            - dev.open dev=nic
            - dev.open dev=nic1
            - ef.new fd=e0
            - ef.new fd=e1
            - kvm.routing vm=v0 entries=msi:24:0xfee00000:0x41
            - kvm.routing vm=v1 entries=msi:24:0xfee00000:0x51
        - guest:
            - kvm.lapic_setup vm=v0 vcpu=0
            - kvm.lapic_setup vm=v1 vcpu=0
            - guest.enter vm=v0 vcpu=0
            - guest.enter vm=v1 vcpu=0
        - mark: open
      """;

  /** A machine with a serial port, whose line is forwarded. */
  static final String PORT =
      """
      name: port
      title: A machine with a serial port
      platform: %s
      devices:
        uart: {platform: [level], reset: true}
      explore: {from: open, until: closed}
      steps:
        - vmm:
            - vm.new vm=v0
            - vm.vgic vm=v0 its=0
            - grp.open dev=uart
            - kv.create vm=v0 kv=k0
            - kv.set kv=k0 group=GROUP attr=ADD fd=grp:uart
            - dev.open dev=uart
            - ef.new fd=trigger
            - ef.new fd=resample
        - guest:
            - spi.cfg vm=v0 spi=8 edge=0 enable=1
            - guest.enter vm=v0 vcpu=0
        - mark: open
      """;

  /** Binds the eventfd of the first card to its guest's interrupt. */
  static final String BIND = "vmm: kvm.irqfd vm=v0 fd=e0 gsi=24";

  /** Lets the first card signal the eventfd. */
  static final String TRIGGER =
      "vmm: vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1"
          + " fds=e0";

  static final String RAISE = "device: irq.raise dev=nic index=MSIX vector=0";

  static final String RUN = "guest: guest.run vm=v0 vcpu=0";

  /** The same of the second machine and its card. */
  static String second(String step) {
    return step.replaceFirst("^([a-z]+):", "$11:")
        .replace("v0", "v1")
        .replace("e0", "e1")
        .replace("=nic ", "=nic1 ");
  }

  /** A scenario whose open steps are some, and which closes everything in the end. */
  static Scenario scenario(String machine, List<String> open) {
    StringBuilder text = new StringBuilder(machine);
    open.forEach(step -> text.append("  - ").append(step).append('\n'));
    text.append("  - mark: closed\n  - vmm: teardown\n");
    return read(text.toString());
  }

  static Scenario cards(String... open) {
    return scenario(String.format(CARDS, ""), ImmutableList.copyOf(open));
  }

  static Scenario port(String platform, List<String> open) {
    return scenario(String.format(PORT, platform), open);
  }

  static Scenario read(String text) {
    return Scenario.read(
        "test.yaml", new ByteArrayInputStream(text.getBytes(StandardCharsets.UTF_8)));
  }

  static Scenario bundled(String name) {
    return Catalogue.load(name).scenario();
  }

  /** Everything, on one thread, without walks. */
  static Bounds everything() {
    return new Bounds(1_000_000, 0, -1, true, true, 0, 1, 1);
  }

  static Bounds preemptions(int most) {
    Bounds all = everything();
    return new Bounds(all.schedules(), 0, most, true, true, 0, 1, 1);
  }

  static Bounds with(boolean reduced, boolean merged, int preemptions) {
    return new Bounds(1_000_000, 0, preemptions, reduced, merged, 0, 1, 2);
  }

  static Exploration explore(Scenario scenario, Contender contender, Bounds bounds) {
    return explore(Plot.of(scenario, contender, Promises.bundled()), bounds);
  }

  static Exploration explore(Plot plot, Bounds bounds) {
    return new Explorer(plot, bounds).explore((schedules, states, left) -> {});
  }
}
