package org.irqbypass.vfio.pci;

import com.google.common.base.Preconditions;
import java.util.concurrent.atomic.AtomicInteger;
import org.irqbypass.host.HostInterrupts;
import org.irqbypass.host.HostIrq;
import org.irqbypass.host.IrqHandler;
import org.irqbypass.host.Raise;
import org.irqbypass.host.Trigger;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.vfio.IrqIndex;
import org.jspecify.annotations.Nullable;

/**
 * A physical PCI function as the host sees it: its interrupt pins and messages, and the bits of
 * configuration space that govern them. A model of a device drives one side ({@link #assertIntx},
 * {@link #raiseMsi}, {@link #raiseMsix}), {@link VfioPciDevice} the other.
 *
 * <p>The device's side is safe for use from any number of threads, takes no lock and allocates
 * nothing. The driver's side is for one thread at a time, but for {@link #checkAndMaskIntx}, which
 * the handler calls.
 */
public final class PciFunction implements Fingerprinted {
  /** {@code PCI_COMMAND_MEMORY}. */
  public static final int COMMAND_MEMORY = 1 << 1;

  /** {@code PCI_COMMAND_MASTER}: without it the function cannot send messages. */
  public static final int COMMAND_MASTER = 1 << 2;

  /** {@code PCI_COMMAND_INTX_DISABLE}. */
  public static final int COMMAND_INTX_DISABLE = 1 << 10;

  /** What the command register holds once the host's driver has enabled the function. */
  public static final int COMMAND_ENABLED = 0x103;

  private static final int COMMAND = 0xffff;

  // Above the command register, in the same word, so that one compare-and-set sees all of it.
  private static final int ASSERTED = 1 << 16;

  /** The emulated machine lost the level; until the device lowers it nothing is seen of it. */
  private static final int LEVEL_LOST = 1 << 17;

  private static final int MESSAGES = 1 << 18;

  private final String name;
  private final Builder has;
  private final VectorTable msi;
  private final VectorTable msix;
  private final HostIrq intx;
  private final AtomicInteger state = new AtomicInteger(COMMAND_ENABLED);
  private volatile @Nullable Runnable whenReset;

  private PciFunction(Builder has) {
    this.name = has.name;
    this.has = has.copy();
    this.msi = new VectorTable(has.host, "vfio-msi", name, has.msi, has.msiMaskable);
    this.msix = new VectorTable(has.host, "vfio-msix", name, has.msix, true);
    this.intx = has.host.allocate("vfio-intx(" + name + ")", Trigger.LEVEL);
  }

  /**
   * Describes a function.
   *
   * @param host whose interrupts it uses
   * @param name of the device, for the host's list of interrupts
   * @return a PCIe function that can be reset, with INTx and no messages, until told otherwise
   */
  public static Builder builder(HostInterrupts host, String name) {
    return new Builder(host, name);
  }

  // The device's side

  /**
   * The device drives its INTx. Messages being enabled, it does not reach the line.
   *
   * @param asserted the new level
   * @return what became of it; {@link Raise#PENDING} where it waits behind DisINTx, {@link
   *     Raise#UNTRIGGERED} where the function has no INTx
   */
  public Raise assertIntx(boolean asserted) {
    if (!has.intx) {
      return Raise.UNTRIGGERED;
    }
    while (true) {
      int now = state.get();
      int after = asserted ? now | ASSERTED : now & ~(ASSERTED | LEVEL_LOST);
      if ((now & MESSAGES) != 0) {
        after &= ~ASSERTED;
      }
      if (state.compareAndSet(now, after)) {
        Raise raise = driveIntx();
        return asserted && !line(after) ? Raise.PENDING : raise;
      }
    }
  }

  /**
   * The device sends an MSI.
   *
   * @param vector 0 to the number of MSIs
   * @return what became of it; {@link Raise#UNTRIGGERED} where MSI is off or the function no bus
   *     master
   */
  public Raise raiseMsi(int vector) {
    return isBusMaster() ? msi.raise(vector) : Raise.UNTRIGGERED;
  }

  /**
   * The device sends an MSI-X. While its vector is masked it sets the pending bit.
   *
   * @param vector 0 to the number of MSI-Xs
   * @return what became of it; {@link Raise#UNTRIGGERED} where MSI-X is off or the function no bus
   *     master
   */
  public Raise raiseMsix(int vector) {
    return isBusMaster() ? msix.raise(vector) : Raise.UNTRIGGERED;
  }

  private boolean isBusMaster() {
    return (state.get() & COMMAND_MASTER) != 0;
  }

  /**
   * Sets what the device's model does at a reset.
   *
   * @param task clears the model's state; null: nothing
   */
  public void whenReset(@Nullable Runnable task) {
    whenReset = task;
  }

  /**
   * Whether MSI is on.
   *
   * @return true while the device has to send messages
   */
  public boolean isMsiEnabled() {
    return msi.isEnabled();
  }

  /**
   * Whether MSI-X is on.
   *
   * @return true while the device has to send messages
   */
  public boolean isMsixEnabled() {
    return msix.isEnabled();
  }

  /**
   * The interrupt status bit ({@code PCI_STATUS_INTERRUPT}).
   *
   * @return whether the device asserts INTx, DisINTx or not
   */
  public boolean isIntxAsserted() {
    return (state.get() & ASSERTED) != 0;
  }

  /**
   * Whether an MSI-X waits behind its mask.
   *
   * @param vector 0 to the number of MSI-Xs
   * @return the vector's pending bit
   */
  public boolean isMsixPending(int vector) {
    return msix.isPending(vector);
  }

  // What the function has

  /**
   * The name in the host's list of interrupts.
   *
   * @return as given to the builder
   */
  public String name() {
    return name;
  }

  int count(int index) {
    return switch (index) {
      case IrqIndex.INTX -> has.intx ? 1 : 0;
      case IrqIndex.MSI -> has.msi;
      case IrqIndex.MSIX -> has.msix;
      case IrqIndex.ERR -> has.pcie ? 1 : 0;
      default -> 1;
    };
  }

  boolean isPcie() {
    return has.pcie;
  }

  boolean isResettable() {
    return has.resettable;
  }

  boolean isIntxRouted() {
    return has.intxRouted;
  }

  boolean canDisableIntx() {
    return has.disIntx;
  }

  boolean isMsixDynamic() {
    return has.msixDynamic;
  }

  int allocatable(boolean isMsix) {
    return isMsix ? has.msixAllocatable : has.msiAllocatable;
  }

  // The driver's side

  /**
   * The command register as the hardware has it.
   *
   * @return 16 bits
   */
  public int command() {
    return state.get() & COMMAND;
  }

  /** Writes the command register, but for DisINTx. */
  void writeCommand(int command) {
    int kept = ~(COMMAND & ~COMMAND_INTX_DISABLE);
    state.getAndUpdate(now -> (now & kept) | (command & COMMAND & ~COMMAND_INTX_DISABLE));
  }

  /** {@code pci_intx()}. */
  void disableIntx(boolean disable) {
    state.getAndUpdate(now -> disable ? now | COMMAND_INTX_DISABLE : now & ~COMMAND_INTX_DISABLE);
    driveIntx();
  }

  /** {@code pci_check_and_mask_intx()}: false if the device does not assert INTx. */
  boolean checkAndMaskIntx() {
    while (true) {
      int now = state.get();
      if ((now & ASSERTED) == 0) {
        return false;
      }
      if (state.compareAndSet(now, now | COMMAND_INTX_DISABLE)) {
        driveIntx();
        return true;
      }
    }
  }

  /**
   * {@code pci_check_and_unmask_intx()}: false if the device asserts INTx. The line stays low: who
   * asserts INTx from now on raises it.
   */
  boolean checkAndUnmaskIntx() {
    while (true) {
      int now = state.get();
      if ((now & ASSERTED) != 0) {
        return false;
      }
      if (state.compareAndSet(now, now & ~COMMAND_INTX_DISABLE)) {
        return true;
      }
    }
  }

  HostIrq intx() {
    return intx;
  }

  /** Installs INTx's handler, disabled. */
  void requestIntx(IrqHandler handler) {
    if (has.losesLevelAtEnable && intx.isLineHigh()) {
      state.getAndUpdate(now -> now | LEVEL_LOST);
      driveIntx();
    }
    intx.request(handler, false);
  }

  VectorTable vectors(boolean isMsix) {
    return isMsix ? msix : msi;
  }

  /** Enables MSI or MSI-X, which takes INTx off the line. */
  void enableMessages(boolean isMsix, int vectors) {
    state.getAndUpdate(now -> (now | MESSAGES | COMMAND_INTX_DISABLE) & ~(ASSERTED | LEVEL_LOST));
    driveIntx();
    vectors(isMsix).enable(vectors);
  }

  void disableMessages(boolean isMsix) {
    vectors(isMsix).disable();
    state.getAndUpdate(now -> now & ~(MESSAGES | COMMAND_INTX_DISABLE));
  }

  /** Resets the function. The host restores configuration space, masks and messages. */
  void reset() {
    assertIntx(false);
    msi.reset();
    msix.reset();
    Runnable task = whenReset;
    if (task != null) {
      task.run();
    }
  }

  private static boolean line(int now) {
    return (now & (ASSERTED | COMMAND_INTX_DISABLE | LEVEL_LOST | MESSAGES)) == ASSERTED;
  }

  /**
   * Brings the host's line to what the state says. Threads that race here may show the host a level
   * that is over already, which it does not claim; the last of them sees its own result fit.
   */
  private Raise driveIntx() {
    Raise raise = Raise.MERGED;
    boolean high = line(state.get());
    while (intx.isLineHigh() != high) {
      raise = intx.setLine(high);
      high = line(state.get());
    }
    return raise;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    sink.put(state.get());
    msi.writeTo(sink);
    msix.writeTo(sink);
  }

  @Override
  public String toString() {
    return "PCI function " + name;
  }

  /** Describes a function before it is made. Not safe for use from several threads. */
  public static final class Builder {
    private final HostInterrupts host;
    private final String name;
    private boolean intx = true;
    private boolean intxRouted = true;
    private boolean disIntx = true;
    private boolean losesLevelAtEnable;
    private int msi;
    private int msiAllocatable = Integer.MAX_VALUE;
    private boolean msiMaskable;
    private int msix;
    private int msixAllocatable = Integer.MAX_VALUE;
    private boolean msixDynamic;
    private boolean pcie = true;
    private boolean resettable = true;

    private Builder(HostInterrupts host, String name) {
      this.host = host;
      this.name = name;
    }

    private Builder copy() {
      Builder copy = new Builder(host, name);
      copy.intx = intx;
      copy.intxRouted = intxRouted;
      copy.disIntx = disIntx;
      copy.losesLevelAtEnable = losesLevelAtEnable;
      copy.msi = msi;
      copy.msiAllocatable = msiAllocatable;
      copy.msiMaskable = msiMaskable;
      copy.msix = msix;
      copy.msixAllocatable = msixAllocatable;
      copy.msixDynamic = msixDynamic;
      copy.pcie = pcie;
      copy.resettable = resettable;
      return copy;
    }

    /**
     * Whether the function has an INTx pin.
     *
     * @param present true unless told otherwise
     * @return this
     */
    public Builder intx(boolean present) {
      intx = present;
      return this;
    }

    /**
     * Whether the pin is connected to a host interrupt ({@code pdev->irq}).
     *
     * @param routed true unless told otherwise
     * @return this
     */
    public Builder intxRouted(boolean routed) {
      intxRouted = routed;
      return this;
    }

    /**
     * Whether INTx can be disabled and seen in configuration space (PCI 2.3); otherwise VFIO masks
     * at the host's interrupt controller.
     *
     * @param supported true unless told otherwise
     * @return this
     */
    public Builder disIntx(boolean supported) {
      disIntx = supported;
      return this;
    }

    /**
     * Whether the machine loses a level that is high at the moment INTx is enabled, as the emulated
     * x86 machine of the recordings does. Hardware interrupts at once.
     *
     * @param loses false unless told otherwise
     * @return this
     */
    public Builder losesLevelAtEnable(boolean loses) {
      losesLevelAtEnable = loses;
      return this;
    }

    /**
     * How many MSIs the function has.
     *
     * @param count 0 to 32
     * @return this
     */
    public Builder msi(int count) {
      Preconditions.checkArgument(count >= 0 && count <= 32, "%s MSIs", count);
      msi = count;
      return this;
    }

    /**
     * How many MSIs the host can allocate for it.
     *
     * @param count 1 or more; no limit unless told otherwise
     * @return this
     */
    public Builder msiAllocatable(int count) {
      Preconditions.checkArgument(count > 0, "%s MSIs can be allocated", count);
      msiAllocatable = count;
      return this;
    }

    /**
     * Whether the MSIs can be masked one by one.
     *
     * @param maskable false unless told otherwise
     * @return this
     */
    public Builder msiMaskable(boolean maskable) {
      msiMaskable = maskable;
      return this;
    }

    /**
     * How many MSI-Xs the function has.
     *
     * @param count 0 to 2048
     * @return this
     */
    public Builder msix(int count) {
      Preconditions.checkArgument(count >= 0 && count <= 2048, "%s MSI-Xs", count);
      msix = count;
      return this;
    }

    /**
     * How many MSI-Xs the host can allocate for it.
     *
     * @param count 1 or more; no limit unless told otherwise
     * @return this
     */
    public Builder msixAllocatable(int count) {
      Preconditions.checkArgument(count > 0, "%s MSI-Xs can be allocated", count);
      msixAllocatable = count;
      return this;
    }

    /**
     * Whether MSI-Xs can be allocated one by one while MSI-X is on.
     *
     * @param dynamic false unless told otherwise
     * @return this
     */
    public Builder msixDynamic(boolean dynamic) {
      msixDynamic = dynamic;
      return this;
    }

    /**
     * Whether the function is a PCIe one and reports errors.
     *
     * @param present true unless told otherwise
     * @return this
     */
    public Builder pcie(boolean present) {
      pcie = present;
      return this;
    }

    /**
     * Whether the function can be reset.
     *
     * @param possible true unless told otherwise
     * @return this
     */
    public Builder resettable(boolean possible) {
      resettable = possible;
      return this;
    }

    /**
     * Makes the function, with its INTx low and its messages off.
     *
     * @return a function of its own at each call
     */
    public PciFunction build() {
      return new PciFunction(this);
    }
  }
}
