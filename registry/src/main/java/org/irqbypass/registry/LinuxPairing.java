package org.irqbypass.registry;

import org.jspecify.annotations.Nullable;

/**
 * Connects and disconnects in Linux's order: producers stop first and start last, and start runs
 * also when the connect failed, because a consumer's stop may have halted the guest. Stateless.
 */
public final class LinuxPairing implements Pairing {
  /** Makes the steps. */
  public LinuxPairing() {}

  @Override
  public int connect(BypassProducer producer, BypassConsumer consumer) {
    int result = 0;
    boolean producerAdded = false;
    boolean consumerAdded = false;
    Faults faults = new Faults();
    try {
      if (producer.has(Callback.STOP)) {
        producer.stop();
      }
      if (consumer.has(Callback.STOP)) {
        consumer.stop();
      }
      if (producer.has(Callback.ADD)) {
        result = producer.addConsumer(consumer);
      }
      producerAdded = result == 0;
      if (producerAdded) {
        result = consumer.addProducer(producer);
        consumerAdded = result == 0;
      }
    } catch (RuntimeException refused) {
      faults.add(refused);
    }
    if (producerAdded && !consumerAdded) {
      forget(producer, consumer, faults);
    }
    boolean refused = faults.any();
    restart(producer, consumer, faults);
    if (!refused && faults.any() && consumerAdded) {
      // A side that could not be started has no use for its peer.
      faults.run(() -> consumer.delProducer(producer));
      forget(producer, consumer, faults);
    }
    faults.throwFirst();
    return result;
  }

  @Override
  public void disconnect(BypassProducer producer, BypassConsumer consumer) {
    Faults faults = new Faults();
    if (producer.has(Callback.STOP)) {
      faults.run(producer::stop);
    }
    if (consumer.has(Callback.STOP)) {
      faults.run(consumer::stop);
    }
    faults.run(() -> consumer.delProducer(producer));
    forget(producer, consumer, faults);
    restart(producer, consumer, faults);
    faults.throwFirst();
  }

  private static void forget(BypassProducer producer, BypassConsumer consumer, Faults faults) {
    if (producer.has(Callback.DELETE)) {
      faults.run(() -> producer.delConsumer(consumer));
    }
  }

  private static void restart(BypassProducer producer, BypassConsumer consumer, Faults faults) {
    if (consumer.has(Callback.START)) {
      faults.run(consumer::start);
    }
    if (producer.has(Callback.START)) {
      faults.run(producer::start);
    }
  }

  /** Keeps the first exception while the remaining steps are taken. */
  private static final class Faults {
    private @Nullable RuntimeException first;

    void run(Runnable step) {
      try {
        step.run();
      } catch (RuntimeException thrown) {
        add(thrown);
      }
    }

    void add(RuntimeException thrown) {
      if (first == null) {
        first = thrown;
      } else if (first != thrown) {
        first.addSuppressed(thrown);
      }
    }

    boolean any() {
      return first != null;
    }

    void throwFirst() {
      if (first != null) {
        throw first;
      }
    }
  }
}
