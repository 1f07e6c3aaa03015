package org.irqbypass.scenario;

import static com.google.common.truth.Truth.assertThat;

import java.io.IOException;
import java.io.InputStream;
import java.util.concurrent.atomic.AtomicInteger;
import org.irqbypass.host.HostPlatform;
import org.irqbypass.host.RemappedPlatform;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.Pairing;
import org.irqbypass.work.WorkQueue;
import org.junit.jupiter.api.Test;

/** A host may be put together with parts of somebody else's. */
class HostPartsTest {
  private static long posted(HostParts parts) throws IOException {
    try (InputStream stream = HostPartsTest.class.getResourceAsStream("x86-posted.yaml")) {
      assertThat(stream).isNotNull();
      Scenario scenario = Scenario.read("x86-posted.yaml", stream);
      SimulatedHost host = SimulatedHost.create(HostOptions.of(scenario), parts);
      long[] most = new long[1];
      Runner runner = new Runner(host);
      for (Scenario.Step step : scenario.steps()) {
        runner.run(step.operation());
        long now = host.interrupts().all().stream().mapToLong(irq -> irq.postedCount()).sum();
        most[0] = Math.max(most[0], now);
      }
      return most[0];
    }
  }

  @Test
  void itsPairingTakesTheStepsAndItsPlatformIsTheHardware() throws IOException {
    assertThat(posted(HostParts.LINUX)).isGreaterThan(0L);

    AtomicInteger connects = new AtomicInteger();
    HostParts counting =
        new HostParts() {
          @Override
          public Pairing pairing(Pairing linux, WorkQueue workQueue) {
            return new Pairing() {
              @Override
              public int connect(BypassProducer producer, BypassConsumer consumer) {
                connects.incrementAndGet();
                return linux.connect(producer, consumer);
              }

              @Override
              public void disconnect(BypassProducer producer, BypassConsumer consumer) {
                linux.disconnect(producer, consumer);
              }
            };
          }
        };
    assertThat(posted(counting)).isGreaterThan(0L);
    assertThat(connects.get()).isGreaterThan(0);

    HostParts unable =
        new HostParts() {
          @Override
          public HostPlatform platform(HostPlatform platform) {
            return new RemappedPlatform(platform.name());
          }
        };
    assertThat(posted(unable)).isEqualTo(0L);
  }
}
