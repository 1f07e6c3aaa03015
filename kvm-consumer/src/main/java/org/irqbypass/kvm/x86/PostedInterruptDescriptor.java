package org.irqbypass.kvm.x86;

import java.util.concurrent.atomic.AtomicInteger;
import org.irqbypass.host.PostedInterruptTarget;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;

/**
 * A vCPU's posted-interrupt descriptor ({@code struct pi_desc}, {@code
 * arch/x86/include/asm/posted_intr.h}): what hardware writes when a device interrupts, and what the
 * vCPU moves into its local APIC when it runs.
 *
 * <p><b>Algorithm.</b> The poster sets the vector's bit, then the outstanding-notification flag
 * (ON); whoever set ON notifies. The taker clears ON, then takes the bits. So a bit that is set
 * after the taker passed finds ON clear and notifies again, and a bit that was set before is taken:
 * none is lost, whatever the interleaving. A bit that is set already is not written again, and
 * needs no notification: the taker who cleared ON has not passed it yet.
 *
 * <p>The suppression flag (SN), the notification vector (NV) and the destination (NDST) are those
 * of a vCPU that is never scheduled out: SN is clear and NV is the normal vector, always. What
 * preempted and blocked vCPUs do with them is not modelled yet.
 *
 * <p>Safe for use from any number of threads; {@link #post} neither blocks nor allocates.
 */
public final class PostedInterruptDescriptor implements PostedInterruptTarget, Fingerprinted {
  /** {@code POSTED_INTR_VECTOR}: notifies a vCPU that runs. */
  public static final int NOTIFICATION_VECTOR = 0xf2;

  private static final int ON = 1;
  private static final int SN = 1 << 1;

  private final X86Vcpu vcpu;
  private final Vectors requests = new Vectors();
  private final AtomicInteger control = new AtomicInteger();
  private volatile int destination;

  PostedInterruptDescriptor(X86Vcpu vcpu) {
    this.vcpu = vcpu;
  }

  @Override
  public void post(int vector) {
    boolean fresh = requests.set(vector);
    boolean notified = fresh && setOutstanding();
    vcpu.posted(vector, notified);
  }

  private boolean setOutstanding() {
    int now = control.get();
    return now == 0 && control.compareAndSet(0, ON);
  }

  /** Moves what was posted into the IRR ({@code vmx_sync_pir_to_irr()}). */
  void sync(Vectors irr) {
    if ((control.get() & ON) != 0) {
      control.getAndUpdate(now -> now & ~ON);
      requests.drainTo(irr);
    }
  }

  /** The vCPU runs on a physical CPU from now on ({@code vmx_vcpu_pi_load()}). */
  void load(int physicalCpu) {
    destination = physicalCpu;
  }

  void clear() {
    requests.clearAll();
    control.set(0);
  }

  /**
   * Whether a vector was posted and not yet taken over.
   *
   * @param vector 0 to 255
   * @return its bit in the request bitmap (PIR)
   */
  public boolean isRequested(int vector) {
    return requests.has(vector);
  }

  /**
   * Whether a notification is outstanding.
   *
   * @return ON
   */
  public boolean isOutstanding() {
    return (control.get() & ON) != 0;
  }

  /**
   * Whether notifications are suppressed.
   *
   * @return SN
   */
  public boolean isSuppressed() {
    return (control.get() & SN) != 0;
  }

  /**
   * With which vector the hardware notifies.
   *
   * @return NV
   */
  public int notificationVector() {
    return NOTIFICATION_VECTOR;
  }

  /**
   * The physical CPU that is notified.
   *
   * @return NDST
   */
  public int destination() {
    return destination;
  }

  Vectors requests() {
    return requests;
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    requests.writeTo(sink);
    sink.put(control.get());
  }

  @Override
  public String toString() {
    return "descriptor of " + vcpu;
  }
}
