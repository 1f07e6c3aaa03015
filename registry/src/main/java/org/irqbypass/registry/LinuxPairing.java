package org.irqbypass.registry;

import com.google.common.base.Throwables;
import org.jspecify.annotations.Nullable;

/**
 * Connects and disconnects in Linux's order: producers stop first and start last, and start runs
 * also when the connect failed, because a consumer's stop may have halted the guest. Stateless.
 *
 * <p>Linux's stop and start cannot fail. Here, where one throws, no step that restores is skipped
 * for it, and two sides are connected only if every step was taken.
 */
public final class LinuxPairing implements Pairing {
  /** Makes the steps. */
  public LinuxPairing() {}

  @Override
  public int connect(BypassProducer producer, BypassConsumer consumer) {
    Faults faults = new Faults();
    halt(producer, consumer, faults);
    int result = 0;
    boolean producerAdded = false;
    boolean consumerAdded = false;
    if (!faults.any()) {
      try {
        if (producer.has(Callback.ADD)) {
          result = producer.addConsumer(consumer);
        }
        producerAdded = result == 0;
        if (producerAdded) {
          result = consumer.addProducer(producer);
          consumerAdded = result == 0;
        }
      } catch (RuntimeException | Error refused) {
        faults.add(refused);
      }
    }
    if (producerAdded && !consumerAdded) {
      forget(producer, consumer, faults);
    }
    restart(producer, consumer, faults);
    if (faults.any() && consumerAdded) {
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
    halt(producer, consumer, faults);
    faults.run(() -> consumer.delProducer(producer));
    forget(producer, consumer, faults);
    restart(producer, consumer, faults);
    faults.throwFirst();
  }

  private static void halt(BypassProducer producer, BypassConsumer consumer, Faults faults) {
    if (producer.has(Callback.STOP)) {
      faults.run(producer::stop);
    }
    if (consumer.has(Callback.STOP)) {
      faults.run(consumer::stop);
    }
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
    private @Nullable Throwable first;

    void run(Runnable step) {
      try {
        step.run();
      } catch (RuntimeException | Error thrown) {
        add(thrown);
      }
    }

    void add(Throwable thrown) {
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
        Throwables.throwIfUnchecked(first);
      }
    }
  }
}
