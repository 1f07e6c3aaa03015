package org.irqbypass.live;

import java.nio.ByteBuffer;
import java.util.HexFormat;
import org.irqbypass.errno.Errno;

/**
 * A guest that writes EOI to its local APIC, then tells userspace by an I/O port again and again.
 * Its one page is every VM's memory. It runs in protected mode without paging, interrupts off.
 *
 * <p>What KVM has to do or to say because of the EOI it does when the guest is next entered, which
 * may be before or after the guest first tells: so it is let tell twice, and all is done then.
 * Where userspace has the IOAPIC, that includes exits of its own ({@code KVM_EXIT_IOAPIC_EOI}).
 * There is no such userspace here, and none is modelled: the guest goes on.
 */
final class EndingGuest implements AutoCloseable {
  /** Where the page is in guests, and where its code begins. */
  private static final int CODE_ADDRESS = 0x1000;

  /** Three pages that Intel's processors may need while a guest is in real mode. */
  private static final long TSS_ADDRESS = 0xfffbd000L;

  /** {@code movl $0, 0xfee000b0; 1: outb %al, $0x10; jmp 1b}. */
  private static final String CODE = "c705b000e0fe00000000" + "e610" + "ebfc";

  // struct kvm_run
  private static final int IMMEDIATE_EXIT = 1;
  private static final int EXIT_REASON = 8;
  private static final int EXIT_IO = 2;
  private static final int EXIT_IOAPIC_EOI = 26;

  // struct kvm_sregs
  private static final int SREGS_SIZE = 312;
  private static final int SEGMENT_SIZE = 24;
  private static final int DATA_SEGMENTS = 6; // cs, ds, es, fs, gs, ss; cs is the first
  private static final int CODE_TYPE = 11;
  private static final int DATA_TYPE = 3;
  private static final int CR0 = 224;
  private static final int EFER = CR0 + 5 * Long.BYTES;
  private static final int INTERRUPT_BITMAP = CR0 + 7 * Long.BYTES;
  private static final long CR0_PROTECTED = 1;
  private static final long CR0_PAGING = 1L << 31;

  // struct kvm_regs
  private static final int REGS_SIZE = 144;
  private static final int RIP = 128;
  private static final int RFLAGS = 136;
  private static final long RFLAGS_RESERVED = 2;

  // struct kvm_vcpu_events
  private static final int EVENTS_SIZE = 64;
  private static final int EVENT_FLAGS = 20;
  private static final int VALID_NMI_PENDING = 1;
  private static final int VALID_SMM = 8;

  private static final int MP_STATE_RUNNABLE = 0;

  private final int runSize;
  private final Mapping page;

  EndingGuest(int kvm) throws SystemCallException {
    this.runSize = SystemCalls.ioctl(kvm, Ioctl.KVM_GET_VCPU_MMAP_SIZE, 0);
    this.page = Mapping.ofMemory(Mapping.PAGE);
    byte[] code = HexFormat.of().parseHex(CODE);
    page.buffer(0, code.length).put(code);
  }

  /** Gives a new VM its memory. */
  void loadInto(int vm) throws SystemCallException {
    SystemCalls.ioctl(vm, Ioctl.KVM_SET_TSS_ADDR, TSS_ADDRESS);
    ByteBuffer region = SystemCalls.buffer(32);
    region.putLong(8, CODE_ADDRESS).putLong(16, Mapping.PAGE).putLong(24, page.address());
    SystemCalls.ioctl(vm, Ioctl.KVM_SET_USER_MEMORY_REGION, region);
  }

  /**
   * Runs the guest until it says that it has written EOI. Interrupts that no guest can hold off are
   * forgotten before, or it would not get that far.
   *
   * @param vcpu of a VM that was {@linkplain #loadInto loaded}
   * @return why it stopped; 2 (KVM_EXIT_IO) if all went well
   */
  long run(int vcpu) throws SystemCallException {
    SystemCalls.ioctl(
        vcpu, Ioctl.KVM_SET_MP_STATE, SystemCalls.buffer(4).putInt(0, MP_STATE_RUNNABLE));
    SystemCalls.ioctl(
        vcpu,
        Ioctl.KVM_SET_VCPU_EVENTS,
        SystemCalls.buffer(EVENTS_SIZE).putInt(EVENT_FLAGS, VALID_NMI_PENDING | VALID_SMM));
    setRegisters(vcpu);
    try (Mapping shared = Mapping.of(vcpu, runSize)) {
      ByteBuffer run = shared.buffer(0, runSize);
      long reason = enter(vcpu, run);
      if (reason == EXIT_IO) {
        reason = enter(vcpu, run);
      }
      run.put(IMMEDIATE_EXIT, (byte) 1); // ends what the guest was doing, without running it
      try {
        SystemCalls.ioctl(vcpu, Ioctl.KVM_RUN, 0);
      } catch (SystemCallException stopped) {
        if (!stopped.is(Errno.EINTR)) {
          throw stopped;
        }
      }
      run.put(IMMEDIATE_EXIT, (byte) 0);
      return reason;
    }
  }

  /** Runs until the guest leaves for something else than an end of interrupt. */
  private static long enter(int vcpu, ByteBuffer run) throws SystemCallException {
    while (true) {
      try {
        SystemCalls.ioctl(vcpu, Ioctl.KVM_RUN, 0);
        long reason = run.getInt(EXIT_REASON);
        if (reason != EXIT_IOAPIC_EOI) {
          return reason;
        }
      } catch (SystemCallException interrupted) {
        if (!interrupted.is(Errno.EINTR)) {
          throw interrupted;
        }
      }
    }
  }

  private static void setRegisters(int vcpu) throws SystemCallException {
    ByteBuffer special = SystemCalls.buffer(SREGS_SIZE);
    SystemCalls.ioctl(vcpu, Ioctl.KVM_GET_SREGS, special);
    for (int segment = 0; segment < DATA_SEGMENTS; segment++) {
      flat(special.slice(segment * SEGMENT_SIZE, SEGMENT_SIZE).order(special.order()), segment);
    }
    special.putLong(CR0, (special.getLong(CR0) | CR0_PROTECTED) & ~CR0_PAGING);
    special.putLong(EFER, 0);
    for (int word = 0; word < 4; word++) {
      special.putLong(INTERRUPT_BITMAP + word * Long.BYTES, 0);
    }
    SystemCalls.ioctl(vcpu, Ioctl.KVM_SET_SREGS, special);
    ByteBuffer general = SystemCalls.buffer(REGS_SIZE);
    general.putLong(RIP, CODE_ADDRESS).putLong(RFLAGS, RFLAGS_RESERVED);
    SystemCalls.ioctl(vcpu, Ioctl.KVM_SET_REGS, general);
  }

  /** A segment of all memory ({@code struct kvm_segment}); the first one is the code's. */
  private static void flat(ByteBuffer segment, int index) {
    segment.putLong(0, 0).putInt(8, -1).putShort(12, (short) 8);
    segment.put(14, (byte) (index == 0 ? CODE_TYPE : DATA_TYPE));
    segment.put(15, (byte) 1); // present
    segment.put(16, (byte) 0); // of the highest privilege
    segment.put(17, (byte) 1); // 32 bits
    segment.put(18, (byte) 1); // code or data
    segment.put(19, (byte) 0); // not 64 bits
    segment.put(20, (byte) 1); // its limit counts pages
    segment.put(21, (byte) 0);
    segment.put(22, (byte) 0); // usable
  }

  @Override
  public void close() {
    page.close();
  }
}
