package org.irqbypass.kvm.x86;

import java.util.concurrent.atomic.AtomicLong;
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
 * <p><b>Scheduling.</b> While the vCPU is scheduled out its notifications are suppressed (SN),
 * since there is nobody to take them; whoever loads it looks at the bitmap and sets ON. While it
 * blocks, notifications are not suppressed but go, as the wake-up vector (NV), to the physical CPU
 * on which it blocked (NDST). ON, SN, NV and NDST are one word, changed by compare-and-set, so a
 * notification is sent to where the vCPU was at the moment ON was set; whoever changes the word
 * afterwards finds ON, and acts on it: loading takes what was posted, blocking interrupts itself.
 *
 * <p>Safe for use from any number of threads; {@link #post} neither blocks nor allocates.
 */
public final class PostedInterruptDescriptor implements PostedInterruptTarget, Fingerprinted {
  /** {@code POSTED_INTR_VECTOR}: notifies a vCPU that runs. */
  public static final int NOTIFICATION_VECTOR = 0xf2;

  /** {@code POSTED_INTR_WAKEUP_VECTOR}: notifies the physical CPU on which a vCPU blocked. */
  public static final int WAKEUP_VECTOR = 0xf1;

  private static final long ON = 1;
  private static final long SN = 1 << 1;
  private static final int NV_SHIFT = 16;
  private static final int NDST_SHIFT = 32;

  private final X86Vcpu vcpu;
  private final WakeupLists wakeupLists;
  private final WakeupList.Entry waiting;
  private final Vectors requests = new Vectors();
  private final AtomicLong control;

  PostedInterruptDescriptor(X86Vcpu vcpu, WakeupLists wakeupLists) {
    this.vcpu = vcpu;
    this.wakeupLists = wakeupLists;
    this.waiting = new WakeupList.Entry(vcpu);
    this.control = new AtomicLong(addressed(NOTIFICATION_VECTOR, vcpu.physicalCpu()));
  }

  private static long addressed(int vector, int physicalCpu) {
    return ((long) physicalCpu << NDST_SHIFT) | ((long) vector << NV_SHIFT);
  }

  @Override
  public void post(int vector) {
    boolean fresh = requests.set(vector);
    long sent = fresh ? setOutstanding() : 0;
    vcpu.posted(vector, sent != 0);
    if (sent != 0) {
      notify(sent);
    }
  }

  /** Sets ON unless a notification is outstanding or suppressed; to whom it goes, or 0. */
  private long setOutstanding() {
    while (true) {
      long now = control.get();
      if ((now & (ON | SN)) != 0) {
        return 0;
      }
      if (control.compareAndSet(now, now | ON)) {
        return now;
      }
    }
  }

  private void notify(long to) {
    if (notificationVector(to) == WAKEUP_VECTOR) {
      wakeupLists.of(destination(to)).interrupt();
    } else {
      vcpu.notified();
    }
  }

  /** Moves what was posted into the IRR ({@code vmx_sync_pir_to_irr()}). */
  void sync(Vectors irr) {
    long now = control.get();
    if ((now & ON) != 0) {
      control.getAndUpdate(then -> then & ~ON);
      requests.drainTo(irr);
    } else if ((now & SN) != 0) {
      requests.drainTo(irr);
    }
  }

  /**
   * The vCPU is loaded ({@code vmx_vcpu_pi_load()}): notifications reach it here from now on, and
   * what was posted while they were suppressed is outstanding.
   */
  void load(int physicalCpu) {
    long now = control.get();
    if (notificationVector(now) == WAKEUP_VECTOR) {
      wakeupLists.of(destination(now)).remove(waiting);
    }
    long to = addressed(NOTIFICATION_VECTOR, physicalCpu);
    control.getAndUpdate(then -> (then & ON) | to);
    // Pairs with post(): it sets the bit and then reads SN, here SN is cleared and then the bits
    // are read. One of the two sets ON.
    if ((now & SN) != 0 && !requests.isEmpty()) {
      control.getAndUpdate(then -> then | ON);
    }
  }

  /** The vCPU is scheduled out ({@code vmx_vcpu_pi_put()}). */
  void put() {
    control.getAndUpdate(then -> then | SN);
  }

  /**
   * The vCPU blocks ({@code pi_enable_wakeup_handler()}): it is listed first, and then notified by
   * the wake-up vector, so that whoever notifies finds it.
   */
  void block(int physicalCpu) {
    WakeupList list = wakeupLists.of(physicalCpu);
    list.add(waiting);
    long to = addressed(WAKEUP_VECTOR, physicalCpu);
    long before = control.getAndUpdate(then -> (then & ON) | to);
    if ((before & ON) != 0) { // notified before, by the vector that nobody listens for now
      list.interrupt();
    }
  }

  void clear() {
    requests.clearAll();
    control.getAndUpdate(then -> then & ~ON);
  }

  /**
   * Whose descriptor this is.
   *
   * @return the vCPU
   */
  public X86Vcpu vcpu() {
    return vcpu;
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
    return notificationVector(control.get());
  }

  private static int notificationVector(long word) {
    return (int) (word >>> NV_SHIFT) & 0xff;
  }

  /**
   * The physical CPU that is notified.
   *
   * @return NDST
   */
  public int destination() {
    return destination(control.get());
  }

  private static int destination(long word) {
    return (int) (word >>> NDST_SHIFT);
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
