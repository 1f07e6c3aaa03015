package org.irqbypass.kvm;

import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.registry.ConnectPolicy;
import org.jspecify.annotations.Nullable;

/**
 * A consumer that userspace asks for by name, as the explicit interface of 2015 does. It keeps the
 * route it has read when it was made, and when {@link #reprogram} was called last: a guest's change
 * of the route reaches the hardware only when userspace says so.
 *
 * <p>Safe for use from many threads.
 */
public final class ExplicitForwarding extends VmConsumer {
  // Both guarded by the VM's lock of irqfds; volatile for those who only look.
  private volatile int gsi;
  private volatile @Nullable Route route;

  /** Why there is no route, as it was when the route was read. */
  private volatile BypassReason reasonOfNoRoute = BypassReason.ROUTE_MISSING;

  /** What a forwarding was programmed for at some moment. Immutable. */
  public static final class Programmed {
    private final int gsi;
    private final @Nullable Route route;
    private final BypassReason reasonOfNoRoute;

    private Programmed(int gsi, @Nullable Route route, BypassReason reasonOfNoRoute) {
      this.gsi = gsi;
      this.route = route;
      this.reasonOfNoRoute = reasonOfNoRoute;
    }
  }

  ExplicitForwarding(Vm vm, int gsi) {
    super(vm, ConnectPolicy.OPPORTUNISTIC);
    this.gsi = gsi;
    readRoute();
  }

  private void readRoute() {
    RoutingTable table = vm().routing();
    route = table.onlyRoute(gsi);
    reasonOfNoRoute =
        table.at(gsi).length == 0 ? BypassReason.ROUTE_MISSING : BypassReason.ROUTE_AMBIGUOUS;
  }

  @Override
  public int gsi() {
    return gsi;
  }

  @Override
  public @Nullable Route route() {
    return route;
  }

  @Override
  BypassReason reasonOfNoRoute() {
    return reasonOfNoRoute;
  }

  /**
   * Reads the route of the guest interrupt again and programs the producer's host interrupt, if
   * there is a producer.
   *
   * @throws ErrnoException what the hardware's layer returned; the interrupt is the host's then
   */
  public void reprogram() {
    reprogram(gsi);
  }

  /**
   * Forwards to another guest interrupt from now on.
   *
   * @param newGsi checked with {@link Vm#checkForwardable}
   * @throws ErrnoException what the hardware's layer returned; the interrupt is the host's then
   */
  public void reprogram(int newGsi) {
    int result = 0;
    vm().irqfdTable().lock();
    try {
      vm().irqfdTable().moveForwarding(this, gsi, newGsi);
      gsi = newGsi;
      readRoute();
      BypassProducer current = producer();
      if (current != null) {
        result = path().routeChanged(current, route);
      }
    } finally {
      vm().irqfdTable().unlock();
    }
    if (result < 0) {
      throw new ErrnoException(Errno.of(-result), this + " could not be programmed for " + route);
    }
  }

  /**
   * What this is programmed for, to be {@linkplain #restore restored}.
   *
   * @return the guest interrupt and the route as it was read
   */
  public Programmed programmed() {
    vm().irqfdTable().lock();
    try {
      return new Programmed(gsi, route, reasonOfNoRoute);
    } finally {
      vm().irqfdTable().unlock();
    }
  }

  /**
   * Undoes {@link #reprogram(int)}: programs the producer's host interrupt as it was, also where
   * the guest's route has changed since.
   *
   * @param earlier what {@link #programmed} returned
   */
  public void restore(Programmed earlier) {
    vm().irqfdTable().lock();
    try {
      vm().irqfdTable().moveForwarding(this, gsi, earlier.gsi);
      gsi = earlier.gsi;
      route = earlier.route;
      reasonOfNoRoute = earlier.reasonOfNoRoute;
      BypassProducer current = producer();
      if (current != null) {
        path().routeChanged(current, route);
      }
    } finally {
      vm().irqfdTable().unlock();
    }
  }

  /** The VM forgets this forwarding, which is not registered any more. */
  public void close() {
    vm().irqfdTable().lock();
    try {
      vm().irqfdTable().removeForwarding(this, gsi);
    } finally {
      vm().irqfdTable().unlock();
    }
  }

  @Override
  public String toString() {
    return "explicit forwarding to gsi " + Integer.toUnsignedString(gsi) + " of " + vm();
  }
}
