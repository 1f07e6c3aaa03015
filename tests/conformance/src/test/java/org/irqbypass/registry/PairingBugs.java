package org.irqbypass.registry;

import org.irqbypass.errno.ErrnoException;
import org.irqbypass.work.Work;
import org.irqbypass.work.WorkQueue;

/**
 * Steps of connecting and disconnecting with known bugs of Linux put back, under their numbers in
 * section 13 of the semantics. They stand in the registry's package because they call what only it
 * may.
 */
public final class PairingBugs {
  private PairingBugs() {}

  /**
   * 13.2: the consumer notes its producer before the step that can fail, and a failed connect is
   * never disconnected.
   */
  public static Pairing danglingProducer(Pairing linux) {
    return new Bug(linux) {
      @Override
      public int connect(BypassProducer producer, BypassConsumer consumer) {
        stop(producer, consumer);
        try {
          int result = consumer.addProducer(producer);
          return result == 0 ? producer.addConsumer(consumer) : result;
        } finally {
          start(producer, consumer);
        }
      }
    };
  }

  /** 13.4: who was refused stays in the registry, which tells its caller that it does not. */
  public static Pairing entryLeftBehind(Pairing linux) {
    return new Bug(linux) {
      @Override
      public int connect(BypassProducer producer, BypassConsumer consumer) {
        try {
          return super.connect(producer, consumer);
        } catch (ErrnoException refused) {
          BypassToken token = consumer.token();
          if (token != null) {
            token.producer(producer);
            token.consumer(consumer);
          }
          throw refused;
        }
      }
    };
  }

  /** 13.5: who was stopped for a connect that failed is not started. */
  public static Pairing startSkipped(Pairing linux) {
    return new Bug(linux) {
      @Override
      public int connect(BypassProducer producer, BypassConsumer consumer) {
        stop(producer, consumer);
        int result = producer.addConsumer(consumer);
        if (result == 0) {
          result = consumer.addProducer(producer);
          start(producer, consumer);
        }
        return result;
      }
    };
  }

  /**
   * 13.10: the interrupt of a producer that goes is freed before the two are disconnected, which is
   * what comes last here.
   */
  public static Pairing interruptFreedFirst(Pairing linux, WorkQueue workQueue) {
    return new Bug(linux) {
      @Override
      public void disconnect(BypassProducer producer, BypassConsumer consumer) {
        if (producer.phase() == BypassSide.Phase.CLAIMED) {
          workQueue.schedule(
              new Work("late_disconnect", () -> super.disconnect(producer, consumer)));
        } else {
          super.disconnect(producer, consumer);
        }
      }
    };
  }

  /** Linux's steps but for what is overridden. */
  public abstract static class Bug implements Pairing {
    private final Pairing linux;

    /** Takes Linux's steps. */
    protected Bug(Pairing linux) {
      this.linux = linux;
    }

    @Override
    public int connect(BypassProducer producer, BypassConsumer consumer) {
      return linux.connect(producer, consumer);
    }

    @Override
    public void disconnect(BypassProducer producer, BypassConsumer consumer) {
      linux.disconnect(producer, consumer);
    }

    static void stop(BypassProducer producer, BypassConsumer consumer) {
      producer.stop();
      consumer.stop();
    }

    static void start(BypassProducer producer, BypassConsumer consumer) {
      consumer.start();
      producer.start();
    }
  }
}
