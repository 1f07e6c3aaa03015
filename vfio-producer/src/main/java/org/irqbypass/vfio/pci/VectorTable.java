package org.irqbypass.vfio.pci;

import com.google.common.base.Preconditions;
import java.util.concurrent.atomic.AtomicIntegerArray;
import java.util.concurrent.atomic.AtomicReferenceArray;
import org.irqbypass.host.HostInterrupts;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.IrqHandler;
import org.irqbypass.host.Raise;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.work.EveryStep;
import org.jspecify.annotations.Nullable;

/**
 * The MSI or MSI-X vectors of a function, with what happens to a message whose vector is not
 * listened to. A vector that can be masked (MSI-X always) keeps such a message in its pending bit
 * and sends it when it is unmasked. One that cannot: Linux has its message in place from allocation
 * on, so that the host's interrupt descriptor keeps one until the first request; once a handler was
 * freed the message is cleared, and what is sent is lost.
 *
 * <p>Raising is safe from any number of threads, takes no lock and allocates nothing. Everything
 * else is for one thread at a time.
 */
final class VectorTable implements Fingerprinted {
  private static final int PENDING = 1;
  private static final int WAS_REQUESTED = 2;

  private final HostInterrupts host;
  private final String kind;
  private final String device;
  private final int size;
  private final boolean maskable;
  private final AtomicReferenceArray<@Nullable HostIrq> allocated;

  /** The vectors that are unmasked, published after their handler was installed. */
  private final AtomicReferenceArray<@Nullable HostIrq> unmasked;

  private final AtomicIntegerArray state;
  private volatile boolean enabled;

  VectorTable(HostInterrupts host, String kind, String device, int size, boolean maskable) {
    this.host = host;
    this.kind = kind;
    this.device = device;
    this.size = size;
    this.maskable = maskable;
    this.allocated = new AtomicReferenceArray<>(size);
    this.unmasked = new AtomicReferenceArray<>(size);
    this.state = new AtomicIntegerArray(size);
  }

  int size() {
    return size;
  }

  boolean isEnabled() {
    return enabled;
  }

  /** Enables the capability with the first vectors allocated and masked. */
  void enable(int vectors) {
    for (int vector = 0; vector < vectors; vector++) {
      allocate(vector);
    }
    enabled = true;
  }

  void allocate(int vector) {
    // Named as request_irq() will name it: the host's list shows it from allocation on.
    allocated.set(vector, host.allocateMessage(kind + "[" + vector + "](" + device + ")"));
    if (!maskable) {
      state.set(vector, 0);
    }
  }

  @Nullable HostIrq irq(int vector) {
    return allocated.get(vector);
  }

  /** Disables the capability; every handler is freed. */
  void disable() {
    enabled = false;
    EveryStep steps = new EveryStep();
    for (int vector = 0; vector < size; vector++) {
      HostIrq irq = allocated.getAndSet(vector, null);
      if (irq != null) {
        steps.take(() -> host.release(irq));
      }
    }
    steps.throwFirst();
  }

  /** Installs a handler and unmasks; what was pending is sent at once. */
  void request(int vector, IrqHandler handler) {
    HostIrq irq = allocated.get(vector);
    Preconditions.checkState(irq != null, "%s[%s](%s) is not allocated", kind, vector, device);
    irq.request(handler, true);
    unmasked.set(vector, irq);
    int before = state.getAndSet(vector, WAS_REQUESTED);
    if ((before & PENDING) != 0) {
      irq.raise();
    }
  }

  /** Masks and removes the handler, after the one in flight has returned. */
  void free(int vector) {
    HostIrq irq = unmasked.getAndSet(vector, null);
    if (irq != null) {
      irq.free();
    }
  }

  Raise raise(int vector) {
    if (!enabled) {
      return Raise.UNTRIGGERED;
    }
    HostIrq irq = unmasked.get(vector);
    if (irq != null) {
      Raise raise = irq.raise();
      if (raise != Raise.UNTRIGGERED) {
        return raise;
      }
    }
    if (!maskable && (state.get(vector) & WAS_REQUESTED) != 0) {
      return Raise.UNTRIGGERED;
    }
    int before = state.getAndAccumulate(vector, PENDING, (old, bit) -> old | bit);
    HostIrq sinceThen = unmasked.get(vector);
    // Pairs with request(): it unmasks and then takes the bit; here the bit is set and then the
    // mask is looked at again. One of the two sends the message.
    if (sinceThen != null && takePending(vector)) {
      return sinceThen.raise();
    }
    return (before & PENDING) != 0 ? Raise.MERGED : Raise.PENDING;
  }

  private boolean takePending(int vector) {
    return (state.getAndAccumulate(vector, ~PENDING, (old, keep) -> old & keep) & PENDING) != 0;
  }

  boolean isPending(int vector) {
    return (state.get(vector) & PENDING) != 0;
  }

  /**
   * A reset of the function clears the pending bits. Where there are none, a message that waits was
   * sent, and is the host's.
   */
  void reset() {
    if (!maskable) {
      return;
    }
    for (int vector = 0; vector < size; vector++) {
      takePending(vector);
    }
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.put(enabled);
    for (int vector = 0; vector < size; vector++) {
      sink.put(state.get(vector))
          .putReference(allocated.get(vector))
          .putReference(unmasked.get(vector));
    }
  }
}
