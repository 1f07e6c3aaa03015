package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertThat;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.irqbypass.host.Trigger;
import org.irqbypass.registry.ConnectPolicy;

/** Whatever is called in whatever order comes to a result, an errno, or a complaint. */
class AnySequenceTest {
  private static final int LENGTH = 150;

  private static final ImmutableMap<String, DeviceDescription> DEVICES =
      ImmutableMap.of(
          "nic", new DeviceDescription(1, 1, 5, 1, 1, true, 0, null, false),
          "edu", new DeviceDescription(1, 1, 0, 0, 1, false, 1, null, false),
          "rtc",
              new DeviceDescription(
                  0, 0, 0, 0, 0, true, 0, ImmutableList.of(Trigger.LEVEL, Trigger.EDGE), true));

  private static final ImmutableList<String> NUMBERS =
      ImmutableList.of(
          "0",
          "1",
          "2",
          "3",
          "9",
          "10",
          "24",
          "25",
          "32",
          "64",
          "255",
          "4096",
          "8192",
          "-1",
          "-2",
          "2147483647",
          "4294967295",
          "0xfee00000",
          "0x08090040",
          "18446744073709551615");

  private static final ImmutableList<String> ROUTES =
      ImmutableList.of(
          "msi:24:0xfee00000:0x41",
          "irqchip:10:2:10",
          "irqchip:10:0:10",
          "msi:10:0x08090040:0:0:1:32",
          "msi:24:0xfee00000:0x41;msi:25:0xfee01000:0x42",
          "7:1",
          "\"\"");

  @Property(tries = 200)
  void everyOperationComesToSomething(
      @ForAll Random random,
      @ForAll ConnectPolicy policy,
      @ForAll boolean old,
      @ForAll boolean proposals) {
    String platform = pick(random, Platforms.existing().asList());
    KernelProfile released = old ? KernelProfile.LINUX_6_1 : KernelProfile.LINUX_6_17;
    KernelProfile profile = proposals ? released.withWiredProducers() : released;
    SimulatedHost host =
        SimulatedHost.create(new HostOptions(platform, profile, policy, DEVICES, false, true));
    Runner runner = new Runner(host);
    TraceRenderer renderer = new TraceRenderer(host);
    List<String> steps = new ArrayList<>(setUp(platform));
    while (steps.size() < LENGTH) {
      steps.add(operation(random));
    }
    steps.add("teardown");
    for (String step : steps) {
      try {
        renderer.render(runner.run(Operation.parse(step)).events());
      } catch (InputException complaint) {
        assertThat(complaint).hasMessageThat().doesNotContain("\n");
      }
    }
    assertThat(host.trace().failures()).isEqualTo(0);
    assertThat(host.workQueue().queued()).isEmpty();
  }

  private static List<String> setUp(String platform) {
    List<String> steps =
        new ArrayList<>(
            List.of(
                "ef.new fd=e0",
                "ef.new fd=e1",
                "dev.open dev=nic",
                "dev.open dev=edu",
                "dev.open dev=rtc",
                "vm.new vm=v0"));
    steps.addAll(
        platform.startsWith("x86")
            ? List.of("vm.irqchip vm=v0", "vm.vcpu vm=v0 vcpu=0", "kvm.lapic_setup vm=v0")
            : List.of("vm.vgic vm=v0 vcpus=2 its=" + (platform.endsWith("2") ? 0 : 1)));
    steps.addAll(List.of("kv.create vm=v0 kv=k0", "kv.set kv=k0 attr=ADD fd=grp:nic"));
    steps.add("guest.enter vm=v0 vcpu=0");
    return steps;
  }

  private static String operation(Random random) {
    OperationSchema schema = pick(random, Vocabulary.all().values().asList());
    StringBuilder text = new StringBuilder(schema.name());
    for (ArgumentSchema argument : schema.arguments().values()) {
      if (argument.required() || random.nextInt(3) == 0) {
        text.append(' ').append(argument.name()).append('=').append(value(random, argument));
      }
    }
    return text.toString();
  }

  private static String value(Random random, ArgumentSchema argument) {
    return switch (argument.kind()) {
      case INTEGER -> integer(random, argument.name());
      case NAME ->
          switch (argument.name()) {
            case "vm" -> pick(random, List.of("v0", "v0", "v1"));
            case "kv" -> pick(random, List.of("k0", "k1"));
            default -> pick(random, List.of("e0", "e1", "e2"));
          };
      case DEVICE -> pick(random, DEVICES.keySet().asList());
      case DESCRIPTOR ->
          pick(random, List.of("e0", "e1", "-1", "null", "closed", "grp:nic", "dev:nic", "vm:v0"));
      case DESCRIPTORS -> pick(random, List.of("e0", "e0,e1", "-1", "e0,null", "\"\"", "-2"));
      case INTEGERS -> pick(random, List.of("1", "0,1", "24", "24,25", "10"));
      case INDEX -> pick(random, List.of("INTX", "MSI", "MSIX", "ERR", "REQ", "0", "5"));
      case WORD -> pick(random, argument.words().asList());
      case FLAGS ->
          pick(random, argument.words().asList()) + "|" + pick(random, argument.words().asList());
      case LETTERS -> pick(random, List.of("s", "F", "G", "ad", "A"));
      case ROUTES -> pick(random, ROUTES);
      case TEXT -> "x";
    };
  }

  private static String integer(Random random, String name) {
    return switch (name) {
      case "vcpu", "start", "count", "vcpus" -> pick(random, List.of("0", "0", "1", "2", "-1"));
      case "gsi", "pin" -> pick(random, List.of("9", "10", "24", "25", "4095"));
      default -> pick(random, NUMBERS);
    };
  }

  private static <T> T pick(Random random, List<T> from) {
    return from.get(random.nextInt(from.size()));
  }
}
