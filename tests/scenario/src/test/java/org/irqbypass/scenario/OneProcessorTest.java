package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.Work;
import org.junit.jupiter.api.Test;

/** When deferred work runs, as far as the process that makes the calls has a say in it. */
class OneProcessorTest {
  private static final ImmutableList<String> WRITTEN =
      ImmutableList.of(
          "vm.new vm=v0",
          "vm.vgic vm=v0",
          "kvm.routing vm=v0 entries=msi:10:0x12345678:0:0:1:32",
          "ef.new fd=e0",
          "ef.write fd=e0");

  private static final ImmutableMap<String, DeviceDescription> NIC =
      ImmutableMap.of("nic", new DeviceDescription(1, 1, 5, 1, 1, true, 0, null, false));

  private final DeterministicWorkQueue queue = new DeterministicWorkQueue();
  private final OneProcessor processor = new OneProcessor(queue);
  private final List<String> ran = new ArrayList<>();
  private final Work work = new Work("work", () -> ran.add("work"));

  @Test
  void workGoesFirstWhereACallMightSleep() {
    queue.schedule(work);
    processor.mightSleep();
    assertThat(ran).containsExactly("work");
  }

  @Test
  void aProcessThatHasJustSleptGoesOnUntilItSleepsAgain() {
    processor.leftKernel(true);
    queue.schedule(work);
    processor.mightSleep();
    assertThat(ran).isEmpty();
    processor.schedule();
    assertThat(ran).containsExactly("work");
    queue.schedule(work);
    processor.mightSleep();
    assertThat(ran).containsExactly("work", "work");
  }

  @Test
  void theCreditIsForOneCall() {
    processor.leftKernel(true);
    processor.leftKernel(false);
    queue.schedule(work);
    processor.mightSleep();
    assertThat(ran).containsExactly("work");
  }

  /** {@code schedule_work()} comes before {@code irq_bypass_register_consumer()}. */
  @Test
  void whatWasWrittenBeforeIsInjectedWhileTheConsumerIsRegistered() {
    assertThat(functionsOfLast(WRITTEN, "kvm.irqfd vm=v0 fd=e0 gsi=10"))
        .containsAtLeast(
            "irq_bypass_register_consumer(e0)", "irqfd_inject", "irq_bypass_register_consumer=0")
        .inOrder();
  }

  @Test
  void afterAGuestHasRunItIsInjectedWhenTheCallIsOver() {
    assertThat(functionsOfLast(WRITTEN, "kvm.run vm=v0", "kvm.irqfd vm=v0 fd=e0 gsi=10"))
        .containsAtLeast(
            "irq_bypass_register_consumer(e0)", "irq_bypass_register_consumer=0", "irqfd_inject")
        .inOrder();
  }

  /** {@code request_irq()} takes long: what its handler deferred runs before the producer comes. */
  @Test
  void whatFiredWhenItWasRequestedIsInjectedBeforeTheProducerIsRegistered() {
    String trigger =
        "vfio.set_irqs dev=nic index=MSIX flags=DATA_EVENTFD|ACTION_TRIGGER start=0 count=1 fds=";
    ImmutableList<String> pending =
        ImmutableList.<String>builder()
            .addAll(WRITTEN)
            .add("kvm.irqfd vm=v0 fd=e0 gsi=10")
            .add("dev.open dev=nic")
            .add(trigger + "e0")
            .add(trigger + "-1")
            .add("irq.raise dev=nic index=MSIX vector=0")
            .build();
    ImmutableList<String> inOrder =
        ImmutableList.of("irqfd_inject", "irq_bypass_register_producer(e0)");
    assertThat(functionsOfLast(pending, trigger + "e0"))
        .containsAtLeastElementsIn(inOrder)
        .inOrder();
    assertThat(functionsOfLast(pending, "kvm.run vm=v0", trigger + "e0"))
        .containsAtLeastElementsIn(inOrder)
        .inOrder();
  }

  private static ImmutableList<String> functionsOfLast(
      ImmutableList<String> before, String... operations) {
    SimulatedHost host =
        SimulatedHost.create(
            new HostOptions(
                "arm64-gicv3",
                KernelProfile.LINUX_6_1,
                ConnectPolicy.OPPORTUNISTIC,
                NIC,
                false,
                true));
    Runner runner = new Runner(host);
    TraceRenderer renderer = new TraceRenderer(host);
    ImmutableList<String> trace = ImmutableList.of();
    for (String operation :
        ImmutableList.<String>builder().addAll(before).add(operations).build()) {
      trace = renderer.render(runner.run(Operation.parse(operation)).events());
    }
    return trace;
  }
}
