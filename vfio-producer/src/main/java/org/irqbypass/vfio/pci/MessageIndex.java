package org.irqbypass.vfio.pci;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.vfio.IrqIndex;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.RequiredConnectException;
import org.irqbypass.vfio.VfioRules;
import org.irqbypass.work.EveryStep;
import org.jspecify.annotations.Nullable;

/**
 * The MSI or the MSI-X index ({@code vfio_pci_set_msi_trigger()}, {@code vfio_pci_intrs.c}). Every
 * call comes with the device's igate held.
 */
final class MessageIndex implements Fingerprinted {
  private final PciFunction function;
  private final boolean isMsix;
  private final VfioRules rules;
  private final MessageInterrupt[] interrupts;

  /** How many vectors the enabling call allocated ({@code num_ctx}); 0 while the index is off. */
  private int enabledVectors;

  MessageIndex(
      VfioPciDevice device,
      PciFunction function,
      boolean isMsix,
      VfioRules rules,
      MessageInterrupt.DescriptorSource descriptors,
      Tracepoints trace) {
    this.function = function;
    this.isMsix = isMsix;
    this.rules = rules;
    VectorTable vectors = function.vectors(isMsix);
    this.interrupts = new MessageInterrupt[vectors.size()];
    for (int vector = 0; vector < interrupts.length; vector++) {
      interrupts[vector] =
          new MessageInterrupt(
              device, isMsix ? IrqIndex.MSIX : IrqIndex.MSI, vector, vectors, descriptors, trace);
    }
  }

  MessageInterrupt interrupt(int vector) {
    return interrupts[vector];
  }

  /** Whether vectors can be added while the index is on. */
  boolean canGrow() {
    return isMsix && rules.dynamicMsix() && function.isMsixDynamic();
  }

  /**
   * {@code vfio_msi_enable()}.
   *
   * @return 0; or how many vectors could be allocated, where that is fewer
   * @throws ErrnoException {@code ERANGE} for no vector at all
   */
  int enable(int vectors) {
    if (vectors == 0) {
      throw new ErrnoException(Errno.ERANGE, "no vector was asked for of " + function);
    }
    int available = function.allocatable(isMsix);
    if (available < vectors) {
      return available;
    }
    boolean enabled = false;
    try {
      function.enableMessages(isMsix, vectors);
      enabled = true;
    } finally {
      if (!enabled) {
        function.disableMessages(isMsix);
      }
    }
    enabledVectors = vectors;
    return 0;
  }

  /** {@code vfio_msi_disable()}. Every vector is cleared, also when a callback of one throws. */
  void disable() {
    EveryStep steps = new EveryStep();
    for (MessageInterrupt interrupt : interrupts) {
      boolean has =
          rules.vectorsCheckedFirst()
              ? interrupt.subindex() < enabledVectors
              : interrupt.trigger() != null;
      if (has) {
        steps.take(() -> interrupt.setSignal(-1));
      }
    }
    enabledVectors = 0;
    steps.take(() -> function.disableMessages(isMsix)).throwFirst();
  }

  /**
   * {@code vfio_msi_set_block()}: sets the triggers of a range, up to the first that fails; then
   * the whole range up to there is cleared, and former triggers are not restored. Only where what
   * failed is a connect that was REQUIRED they are, since nothing may have changed then.
   */
  void setBlock(IrqSet set) {
    int start = set.start();
    int count = set.count();
    if (rules.vectorsCheckedFirst()) {
      checkRange(start, count);
    }
    @Nullable EventfdContext[] former = new @Nullable EventfdContext[count];
    for (int i = 0; i < count; i++) {
      MessageInterrupt interrupt = interrupts[start + i];
      former[i] = interrupt.trigger();
      try {
        allocateIfDynamic(start + i, set.fd(i));
        interrupt.setSignal(set.fd(i));
      } catch (RequiredConnectException refused) {
        clear(start, start + i);
        restore(start, former);
        throw refused;
      } catch (RuntimeException | Error failed) {
        clear(start, start + i);
        throw failed;
      }
    }
  }

  /** Clears a range; who calls has something more important to throw. */
  private void clear(int from, int to) {
    EveryStep steps = new EveryStep();
    for (int vector = from; vector <= to; vector++) {
      MessageInterrupt interrupt = interrupts[vector];
      steps.take(() -> interrupt.setSignal(-1));
    }
  }

  private void checkRange(int start, int count) {
    if (start >= enabledVectors || start + count > enabledVectors) {
      throw new ErrnoException(
          Errno.EINVAL,
          count
              + " vectors from "
              + start
              + " on, of "
              + function
              + ": "
              + enabledVectors
              + " were enabled");
    }
  }

  private void allocateIfDynamic(int vector, int fd) {
    VectorTable vectors = function.vectors(isMsix);
    if (fd >= 0 && canGrow() && vectors.irq(vector) == null) {
      vectors.allocate(vector);
    }
  }

  private void restore(int start, @Nullable EventfdContext[] former) {
    for (int i = 0; i < former.length; i++) {
      EventfdContext trigger = former[i];
      if (trigger != null) {
        interrupts[start + i].restore(trigger);
      }
    }
  }

  /** Signals by hand; vectors without trigger are skipped. */
  void loopBack(IrqSet set) {
    if (rules.vectorsCheckedFirst() && set.start() + set.count() > enabledVectors) {
      checkRange(set.start(), set.count());
    }
    for (int i = 0; i < set.count(); i++) {
      EventfdContext trigger = interrupts[set.start() + i].trigger();
      if (trigger != null && set.selects(i)) {
        trigger.signal();
      }
    }
  }

  void detach() {
    for (MessageInterrupt interrupt : interrupts) {
      interrupt.detach();
    }
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.put(enabledVectors);
    for (MessageInterrupt interrupt : interrupts) {
      interrupt.writeTo(sink);
    }
  }
}
