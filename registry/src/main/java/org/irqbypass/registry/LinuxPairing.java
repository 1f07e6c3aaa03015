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
    Throwable fault = stop(consumer, stop(producer, null));
    int result = 0;
    boolean producerAdded = false;
    boolean consumerAdded = false;
    if (fault == null) {
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
        fault = refused;
      }
    }
    if (producerAdded && !consumerAdded) {
      fault = forget(producer, consumer, fault);
    }
    fault = start(producer, start(consumer, fault));
    if (fault != null && consumerAdded) {
      // A side that could not be started has no use for its peer.
      fault = forget(producer, consumer, forget(consumer, producer, fault));
    }
    throwIfAny(fault);
    return result;
  }

  @Override
  public void disconnect(BypassProducer producer, BypassConsumer consumer) {
    Throwable fault = stop(consumer, stop(producer, null));
    fault = forget(producer, consumer, forget(consumer, producer, fault));
    throwIfAny(start(producer, start(consumer, fault)));
  }

  // Each step is taken whatever those before it threw, and returns the first of what was thrown.

  private static @Nullable Throwable stop(BypassSide side, @Nullable Throwable before) {
    try {
      if (side.has(Callback.STOP)) {
        side.stop();
      }
      return before;
    } catch (RuntimeException | Error thrown) {
      return first(before, thrown);
    }
  }

  private static @Nullable Throwable start(BypassSide side, @Nullable Throwable before) {
    try {
      if (side.has(Callback.START)) {
        side.start();
      }
      return before;
    } catch (RuntimeException | Error thrown) {
      return first(before, thrown);
    }
  }

  private static @Nullable Throwable forget(
      BypassProducer producer, BypassConsumer consumer, @Nullable Throwable before) {
    try {
      if (producer.has(Callback.DELETE)) {
        producer.delConsumer(consumer);
      }
      return before;
    } catch (RuntimeException | Error thrown) {
      return first(before, thrown);
    }
  }

  private static @Nullable Throwable forget(
      BypassConsumer consumer, BypassProducer producer, @Nullable Throwable before) {
    try {
      consumer.delProducer(producer);
      return before;
    } catch (RuntimeException | Error thrown) {
      return first(before, thrown);
    }
  }

  private static Throwable first(@Nullable Throwable before, Throwable thrown) {
    if (before == null) {
      return thrown;
    }
    if (before != thrown) {
      before.addSuppressed(thrown);
    }
    return before;
  }

  private static void throwIfAny(@Nullable Throwable fault) {
    if (fault != null) {
      Throwables.throwIfUnchecked(fault);
    }
  }
}
