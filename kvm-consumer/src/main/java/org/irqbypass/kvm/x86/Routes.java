package org.irqbypass.kvm.x86;

import org.irqbypass.errno.Errno;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.Route;
import org.irqbypass.kvm.RoutingEntry;
import org.jspecify.annotations.Nullable;

/** The kinds of route of an x86 guest ({@code kvm_set_routing_entry()}). */
final class Routes {
  private Routes() {}

  /** A pin of the IOAPIC. */
  static final class ToIoApic extends Route {
    private final IoApic ioApic;
    private final int pin;

    ToIoApic(RoutingEntry.Irqchip entry, IoApic ioApic) {
      super(entry);
      this.ioApic = ioApic;
      this.pin = entry.pin();
    }

    @Override
    public int set(int source, int level, boolean lineStatus) {
      return ioApic.set(source, pin, level, lineStatus);
    }
  }

  /** A pin of a PIC. */
  static final class ToPic extends Route {
    private final Pic pic;
    private final int chip;
    private final int pin;

    ToPic(RoutingEntry.Irqchip entry, Pic pic) {
      super(entry);
      this.pic = pic;
      this.chip = entry.irqchip();
      this.pin = entry.pin();
    }

    @Override
    public int set(int source, int level, boolean lineStatus) {
      return pic.set(source, chip, pin, level);
    }
  }

  /** A message, decoded once. */
  static final class ToLocalApic extends Route {
    private final X86Vm machine;
    private final Msi message;
    private final ApicInterrupt narrow;

    /** As 32-bit destinations have it; made when first needed, equal whoever makes it. */
    private volatile @Nullable ApicInterrupt wide;

    ToLocalApic(RoutingEntry.Message entry, X86Vm machine) {
      super(entry);
      this.machine = machine;
      this.message = entry.message();
      this.narrow = ApicInterrupt.of(message, false);
    }

    ApicInterrupt interrupt() {
      if (!machine.isX2apicFormat()) {
        return narrow;
      }
      ApicInterrupt made = wide;
      if (made == null) {
        made = ApicInterrupt.of(message, true);
        wide = made;
      }
      return made;
    }

    @Override
    public boolean isStillValid() {
      return !machine.isMalformed(message);
    }

    @Override
    public int set(int source, int level, boolean lineStatus) {
      if (machine.isMalformed(message)) {
        return -Errno.EINVAL.number();
      }
      return level == 0 ? -1 : machine.delivery().deliver(traced(), null);
    }

    @Override
    public int setInAtomic(int source, int level) {
      if (machine.isMalformed(message)) {
        return -Errno.EINVAL.number();
      }
      int result = machine.delivery().deliverFast(traced(), null);
      return result == Delivery.NOT_MAPPED ? WOULD_BLOCK : result;
    }

    private ApicInterrupt traced() {
      ApicInterrupt interrupt = interrupt();
      if (machine.vm().trace().enabled()) {
        machine.vm().trace().emit(new X86Event.MsiSetIrq(interrupt));
      }
      return interrupt;
    }
  }

  /** A Hyper-V synthetic interrupt, in a guest that is none of Hyper-V's: nobody takes it. */
  static final class ToNobody extends Route {
    ToNobody(RoutingEntry.HypervSint entry) {
      super(entry);
    }

    @Override
    public int set(int source, int level, boolean lineStatus) {
      return -Errno.EINVAL.number();
    }

    @Override
    public int setInAtomic(int source, int level) {
      return -Errno.EINVAL.number();
    }
  }
}
