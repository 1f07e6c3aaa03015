package org.irqbypass.live;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;
import static org.junit.jupiter.api.Assumptions.abort;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import com.google.common.collect.ImmutableList;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.irqbypass.scenario.KernelProfile;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.live.FuzzReport;
import org.irqbypass.scenario.live.Fuzzer;
import org.irqbypass.scenario.live.LiveKernel;
import org.irqbypass.scenario.live.Sequences;
import org.irqbypass.scenario.live.Step;
import org.irqbypass.scenario.live.Twins;
import org.irqbypass.scenario.live.UnavailableException;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The kernel that runs, where it can be asked; elsewhere these tests are skipped. */
class RunningKernelTest {
  private @Nullable LiveKernel opened;

  @BeforeEach
  void open() {
    try {
      opened = LiveKernel.open();
    } catch (UnavailableException unavailable) {
      abort("the running kernel cannot be asked: " + unavailable.getMessage());
    }
  }

  @AfterEach
  void close() {
    if (opened != null) {
      opened.close();
    }
  }

  private LiveKernel kernel() {
    if (opened == null) {
      throw new IllegalStateException("tests are skipped without a kernel");
    }
    return opened;
  }

  private Twins twins() {
    return new Twins(kernel(), Twins.profileOf(kernel()));
  }

  private ImmutableList<Step> run(String... operations) {
    ImmutableList<Step> steps = twins().run(Stream.of(operations).map(Operation::parse).toList());
    for (Step step : steps) {
      assertWithMessage("%s", step).that(step.differs()).isFalse();
    }
    return steps;
  }

  private static Object last(List<Step> steps, String out) {
    return steps.get(steps.size() - 1).kernel().out().getOrDefault(out, "nothing");
  }

  @Test
  void eventfdsCountAndRefuse() {
    List<Step> steps =
        run(
            "ef.new fd=e0 init=3",
            "ef.write fd=e0 value=4",
            "ef.poll fd=e0",
            "ef.write fd=e0 value=-1",
            "ef.read fd=e0",
            "ef.read fd=e0",
            "ef.read fd=closed",
            "ef.close fd=e0",
            "ef.poll fd=e0",
            "ef.close fd=e0");
    assertThat(steps.get(4).kernel().out()).containsExactly("value", 7L);
    assertThat(steps.get(5).kernel().errno()).isEqualTo("EAGAIN");
    assertThat(steps.get(8).kernel().errno()).isEqualTo("EBADF");
  }

  @Test
  void anEventfdInjectsAMessage() {
    List<Step> steps =
        run(
            "vm.new vm=v0",
            "vm.irqchip vm=v0",
            "vm.vcpu vm=v0 vcpu=0",
            "kvm.lapic_setup vm=v0",
            "kvm.routing vm=v0 entries=msi:24:0xfee00000:0x41",
            "ef.new fd=e0",
            "kvm.irqfd vm=v0 fd=e0 gsi=24",
            "ef.write fd=e0",
            "kvm.lapic vm=v0");
    assertThat(last(steps, "irr")).isEqualTo(List.of(0x41L));
  }

  /** Deferred by the kernel, and done when the next operation begins. */
  @Test
  void aWiredInterruptIsRaisedEndedAndToldToTheResampler() {
    List<Step> steps =
        run(
            "vm.new vm=v0",
            "vm.irqchip vm=v0",
            "vm.vcpu vm=v0 vcpu=0",
            "kvm.lapic_setup vm=v0",
            "kvm.ioapic_pin vm=v0 pin=10 vector=0x55 level=1",
            "ef.new fd=e0",
            "ef.new fd=e1",
            "kvm.irqfd vm=v0 fd=e0 gsi=10 flags=RESAMPLE resamplefd=e1",
            "ef.write fd=e0",
            "kvm.get_irqchip vm=v0 chip=ioapic",
            "kvm.eoi vm=v0",
            "ef.read fd=e1");
    assertThat(last(steps, "value")).isEqualTo(1L);
  }

  @Test
  void anAttributeOfTheKvmVfioDeviceIsRefused() {
    List<Step> steps =
        run(
            "vm.new vm=v0",
            "kv.create vm=v0 kv=k0",
            "kv.has kv=k0 attr=ADD",
            "kv.has kv=k0 group=DEVICE attr=FORWARD",
            "kv.set kv=k0 attr=ADD fd=-1",
            "kv.set kv=k0 attr=ADD",
            "kv.get kv=k0 attr=ADD",
            "kv.create vm=v0 kv=k1");
    assertThat(steps.get(2).kernel().errno()).isNull();
    assertThat(steps.get(3).kernel().errno()).isEqualTo("ENXIO");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "ef.write fd=5",
        "ef.close fd=null",
        "ef.close fd=vm:v0",
        "ef.new fd=null",
        "kvm.irqfd vm=v0 fd=3 gsi=1",
        "kvm.irqfd vm=v0 fd=dev:nic gsi=1",
        "kv.set kv=k0 attr=ADD fd=grp:nic",
        "kvm.eoi vec=36",
        "grp.open dev=nic",
        "guest.run vm=v0 vcpu=0",
        "mark"
      })
  void whatTouchesMoreThanVmsAndEventfdsOfTheCaseIsNotPerformed(String operation) {
    assertThat(kernel().performs(Operation.parse(operation))).isFalse();
  }

  /**
   * A kernel of neither profile is for {@code fuzz --live} to explore, not for a build to judge.
   */
  @Test
  void randomSequencesAreAnsweredAlike_byKernelsThatAProfileDescribes() {
    Twins twins = twins();
    assumeTrue(KernelProfile.ALL.contains(twins.model().profile()), twins.toString());
    FuzzReport report = Fuzzer.run(twins, new Sequences(20150611, 40), 50, 3, number -> {});
    assertWithMessage("%s", report.findings()).that(report.differing()).isEqualTo(0);
    assertThat(report.cases()).isEqualTo(50);
  }

  @Test
  void everythingIsClosedInTheEnd() throws Exception {
    long before = openDescriptors();
    Fuzzer.run(twins(), new Sequences(1, 40), 5, 0, number -> {});
    assertThat(openDescriptors()).isEqualTo(before);
  }

  private static long openDescriptors() throws Exception {
    try (Stream<Path> descriptors = Files.list(Path.of("/proc/self/fd"))) {
      return descriptors.count();
    }
  }
}
