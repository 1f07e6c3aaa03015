package org.irqbypass.live;

import com.google.common.collect.ImmutableList;
import java.nio.ByteBuffer;

/** A local APIC's registers as userspace reads and writes them ({@code struct kvm_lapic_state}). */
final class LapicState {
  /** Where the vectors in service begin; 32 of them every 16 bytes. */
  static final int ISR = 0x100;

  /** Where the vectors triggered by level begin. */
  static final int TMR = 0x180;

  /** Where the pending vectors begin. */
  static final int IRR = 0x200;

  private static final int ID = 0x20;
  private static final int LDR = 0xd0;
  private static final int DFR = 0xe0;
  private static final int SVR = 0xf0;
  private static final int SIZE = 1024;
  private static final int VECTORS = 256;

  private final int vcpu;
  private final ByteBuffer registers = SystemCalls.buffer(SIZE);

  private LapicState(int vcpu) {
    this.vcpu = vcpu;
  }

  static LapicState read(int vcpu) throws SystemCallException {
    LapicState state = new LapicState(vcpu);
    SystemCalls.ioctl(vcpu, Ioctl.KVM_GET_LAPIC, state.registers);
    return state;
  }

  void write() throws SystemCallException {
    SystemCalls.ioctl(vcpu, Ioctl.KVM_SET_LAPIC, registers);
  }

  long id() {
    return (registers.getInt(ID) >>> 24) & 0xffL;
  }

  long spuriousVector() {
    return registers.getInt(SVR) & 0xffffffffL;
  }

  void setSpuriousVector(int value) {
    registers.putInt(SVR, value);
  }

  /** Sets the logical ID, in the flat format. */
  void setLogicalId(int id) {
    registers.putInt(LDR, id << 24);
    registers.putInt(DFR, -1);
  }

  /** The vectors of a set, in ascending order. */
  ImmutableList<Long> vectors(int set) {
    ImmutableList.Builder<Long> vectors = ImmutableList.builder();
    for (int vector = 0; vector < VECTORS; vector++) {
      if ((registers.getInt(at(set, vector)) & bit(vector)) != 0) {
        vectors.add((long) vector);
      }
    }
    return vectors.build();
  }

  void add(int set, int vector) {
    int at = at(set, vector);
    registers.putInt(at, registers.getInt(at) | bit(vector));
  }

  void remove(int set, int vector) {
    int at = at(set, vector);
    registers.putInt(at, registers.getInt(at) & ~bit(vector));
  }

  void clear(int set) {
    for (int vector = 0; vector < VECTORS; vector += Integer.SIZE) {
      registers.putInt(at(set, vector), 0);
    }
  }

  private static int at(int set, int vector) {
    return set + vector / Integer.SIZE * 16;
  }

  private static int bit(int vector) {
    return 1 << vector % Integer.SIZE;
  }
}
