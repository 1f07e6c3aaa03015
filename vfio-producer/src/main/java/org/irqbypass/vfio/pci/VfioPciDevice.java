package org.irqbypass.vfio.pci;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.vfio.DeviceInfo;
import org.irqbypass.vfio.IrqIndex;
import org.irqbypass.vfio.IrqInfo;
import org.irqbypass.vfio.IrqSet;
import org.irqbypass.vfio.Vfio;
import org.irqbypass.vfio.VfioDevice;
import org.irqbypass.vfio.VfioInterrupt;
import org.irqbypass.work.EveryStep;
import org.jspecify.annotations.Nullable;

/**
 * A PCI device that is passed through ({@code vfio_pci_core.c}, {@code vfio_pci_intrs.c}).
 *
 * <p>What SET_IRQS answers beyond the common checks, by index:
 *
 * <ul>
 *   <li><b>INTX</b>: MASK and UNMASK need INTx enabled, start 0 and count 1 ({@code EINVAL}); MASK
 *       by an eventfd {@code ENOTTY}; UNMASK by an eventfd {@code EBADF}, {@code EINVAL}, or {@code
 *       EBUSY} if there is one already. TRIGGER while another type is enabled {@code EINVAL};
 *       without a line {@code ENODEV}; loop-back needs INTx enabled ({@code EINVAL}).
 *   <li><b>MSI, MSIX</b>: only TRIGGER ({@code ENOTTY}); while another type is enabled {@code
 *       EINVAL}; no vector at all {@code ERANGE}; vectors beyond those enabled first {@code
 *       EINVAL}; a bad descriptor {@code EBADF} or {@code EINVAL}: then the range is cleared up to
 *       there, and the index disabled if this call enabled it.
 *   <li><b>ERR, REQ</b>: only TRIGGER ({@code ENOTTY}); no eventfd set, or no interrupt named
 *       {@code EINVAL}.
 * </ul>
 *
 * Where a connect is REQUIRED and fails, the call fails with the connect's errno, and former
 * triggers are set and registered again.
 *
 * <p>Safe for use from many threads.
 */
public final class VfioPciDevice extends VfioDevice {
  /** The offset of the command register in configuration space ({@code PCI_COMMAND}). */
  private static final int COMMAND_OFFSET = 4;

  /** The interrupt status bit, in the high half of the word at the command register's offset. */
  private static final int STATUS_INTERRUPT = 1 << 19;

  private static final int REGIONS = 9;

  private final PciFunction function;
  private final IntxInterrupt intx;
  private final MessageIndex msi;
  private final MessageIndex msix;
  private final SignalIndex err;
  private final SignalIndex req;

  /** Which of INTX, MSI and MSIX is enabled; -1 for none. */
  private int active = -1;

  /**
   * Makes a device that is closed and in no group.
   *
   * @param vfio the host's
   * @param name by which its group knows it
   * @param function the hardware; driven by one device only
   */
  public VfioPciDevice(Vfio vfio, String name, PciFunction function) {
    super(vfio, name);
    this.function = function;
    this.intx = new IntxInterrupt(this, vfio, function);
    this.msi = messages(vfio, false);
    this.msix = messages(vfio, true);
    this.err = new SignalIndex(vfio.kernel().descriptors());
    this.req = new SignalIndex(vfio.kernel().descriptors());
  }

  private MessageIndex messages(Vfio vfio, boolean isMsix) {
    return new MessageIndex(
        this,
        function,
        isMsix,
        vfio.rules(),
        vfio.kernel().descriptors()::eventfd,
        vfio.kernel().trace());
  }

  /**
   * The hardware.
   *
   * @return the function that the device passes through
   */
  public PciFunction function() {
    return function;
  }

  /**
   * Reads from configuration space, of which the command register and the interrupt status bit are
   * modelled.
   *
   * @param offset in bytes
   * @param size in bytes, 1, 2 or 4
   * @return what userspace sees; 0 for what is not modelled
   * @throws ErrnoException {@code EBADF} if the device is not open; {@code EINVAL} for another size
   */
  public int readConfig(int offset, int size) {
    refuse(offset, size);
    int word = readCommand() | (function.isIntxAsserted() ? STATUS_INTERRUPT : 0);
    int shift = 8 * (COMMAND_OFFSET - offset);
    if (shift <= -32 || shift >= 32) {
      return 0;
    }
    int at = shift >= 0 ? word << shift : word >>> -shift;
    return size == 4 ? at : at & ((1 << (8 * size)) - 1);
  }

  /**
   * Writes to configuration space, of which the command register is modelled. DisINTx masks and
   * unmasks INTx on behalf of userspace ({@code vfio_basic_config_write()}); an unmask may signal.
   *
   * @param offset in bytes
   * @param size in bytes, 1, 2 or 4
   * @param value what is written
   * @throws ErrnoException {@code EBADF} if the device is not open; {@code EINVAL} for another size
   */
  public void writeConfig(int offset, int size, int value) {
    refuse(offset, size);
    igate().lock();
    try {
      int command = readCommand();
      for (int i = 0; i < size; i++) {
        int shift = 8 * (offset + i - COMMAND_OFFSET);
        if (shift == 0 || shift == 8) {
          int written = value >>> (8 * i) & 0xff;
          command = (command & ~(0xff << shift)) | (written << shift);
        }
      }
      function.writeCommand(command);
      intx.disableInConfig((command & PciFunction.COMMAND_INTX_DISABLE) != 0);
    } finally {
      igate().unlock();
    }
  }

  private int readCommand() {
    int physical = function.command() & ~PciFunction.COMMAND_INTX_DISABLE;
    return intx.isDisabledInConfig() ? physical | PciFunction.COMMAND_INTX_DISABLE : physical;
  }

  private void refuse(int offset, int size) {
    if (!isOpen()) {
      throw new ErrnoException(Errno.EBADF, this + " is not open");
    }
    if (offset < 0 || (size != 1 && size != 2 && size != 4)) {
      throw new ErrnoException(
          Errno.EINVAL, size + " bytes at " + offset + " of configuration space");
    }
  }

  /**
   * The function reported an uncorrected error ({@code vfio_pci_aer_err_detected()}): userspace is
   * told through the ERR index.
   *
   * @return false if no eventfd is set
   */
  public boolean reportError() {
    return err.signal();
  }

  /**
   * The host wants the device back ({@code vfio_pci_core_request()}): userspace is told through the
   * REQ index.
   *
   * @return false if no eventfd is set
   */
  public boolean requestReturn() {
    return req.signal();
  }

  @Override
  protected void open() {
    resetIfPossible();
  }

  @Override
  protected void close() {
    int enabled = active;
    active = -1;
    new EveryStep()
        .take(() -> function.writeCommand(function.command() & ~PciFunction.COMMAND_MASTER))
        .take(intx::detach)
        .take(msi::detach)
        .take(msix::detach)
        .take(() -> disable(enabled))
        .take(intx::forgetConfig)
        .take(this::resetIfPossible)
        .take(err::release)
        .take(req::release)
        .throwFirst();
  }

  private void disable(int index) {
    switch (index) {
      case IrqIndex.INTX -> intx.disable();
      case IrqIndex.MSI -> msi.disable();
      case IrqIndex.MSIX -> msix.disable();
      default -> {}
    }
  }

  private void resetIfPossible() {
    if (function.isResettable()) {
      function.reset();
    }
  }

  @Override
  protected int apply(IrqSet set) {
    switch (set.index()) {
      case IrqIndex.INTX -> applyIntx(set);
      case IrqIndex.MSI -> {
        onlyTrigger(set);
        return applyMessages(set, msi);
      }
      case IrqIndex.MSIX -> {
        onlyTrigger(set);
        return applyMessages(set, msix);
      }
      case IrqIndex.ERR -> {
        onlyTrigger(set);
        err.trigger(set);
      }
      default -> {
        onlyTrigger(set);
        req.trigger(set);
      }
    }
    return 0;
  }

  private void applyIntx(IrqSet set) {
    switch (set.action()) {
      case IrqSet.ACTION_MASK -> intx.mask(set);
      case IrqSet.ACTION_UNMASK -> intx.unmask(set);
      default -> {
        onlyTrigger(set);
        if (active != IrqIndex.INTX) {
          refuseOther(set);
        }
        try {
          intx.trigger(set);
        } finally {
          active = intx.isEnabled() ? IrqIndex.INTX : active == IrqIndex.INTX ? -1 : active;
        }
      }
    }
  }

  private static void onlyTrigger(IrqSet set) {
    if (set.action() != IrqSet.ACTION_TRIGGER) {
      throw new ErrnoException(Errno.ENOTTY, set + ": this index only triggers");
    }
  }

  private void refuseOther(IrqSet set) {
    if (active != -1) {
      throw new ErrnoException(Errno.EINVAL, set + ": index " + active + " is enabled");
    }
  }

  /** {@code vfio_pci_set_msi_trigger()}. */
  private int applyMessages(IrqSet set, MessageIndex messages) {
    boolean isActive = active == set.index();
    if (isActive && set.count() == 0 && set.dataType() == IrqSet.DATA_NONE) {
      active = -1;
      messages.disable();
      return 0;
    }
    if (!isActive) {
      refuseOther(set);
    }
    if (set.dataType() != IrqSet.DATA_EVENTFD) {
      if (!isActive) {
        throw new ErrnoException(Errno.EINVAL, set + ": the index is not enabled");
      }
      messages.loopBack(set);
      return 0;
    }
    if (isActive) {
      messages.setBlock(set);
      return 0;
    }
    int fewer = messages.enable(set.start() + set.count());
    if (fewer > 0) {
      return fewer;
    }
    active = set.index();
    boolean done = false;
    try {
      messages.setBlock(set);
      done = true;
    } finally {
      if (!done) {
        active = -1;
        messages.disable();
      }
    }
    return 0;
  }

  @Override
  protected int deviceFlags() {
    return DeviceInfo.FLAG_PCI | (function.isResettable() ? DeviceInfo.FLAG_RESET : 0);
  }

  @Override
  protected int regions() {
    return REGIONS;
  }

  @Override
  protected int indexes() {
    return IrqIndex.COUNT;
  }

  @Override
  protected boolean hasInfo(int index) {
    return index != IrqIndex.ERR || function.isPcie();
  }

  @Override
  protected int irqFlags(int index) {
    if (index == IrqIndex.INTX) {
      return IrqInfo.FLAG_EVENTFD | IrqInfo.FLAG_MASKABLE | IrqInfo.FLAG_AUTOMASKED;
    }
    boolean grows = index == IrqIndex.MSIX && msix.canGrow();
    return IrqInfo.FLAG_EVENTFD | (grows ? 0 : IrqInfo.FLAG_NORESIZE);
  }

  @Override
  protected int count(int index) {
    return function.count(index);
  }

  @Override
  protected @Nullable VfioInterrupt find(int index, int subindex) {
    return switch (index) {
      case IrqIndex.INTX -> intx;
      case IrqIndex.MSI -> msi.interrupt(subindex);
      case IrqIndex.MSIX -> msix.interrupt(subindex);
      default -> null;
    };
  }

  @Override
  protected void resetHardware() {
    function.reset();
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    super.writeTo(sink);
    sink.put(active);
    intx.writeTo(sink);
    msi.writeTo(sink);
    msix.writeTo(sink);
    err.writeTo(sink);
    req.writeTo(sink);
    function.writeTo(sink);
  }
}
