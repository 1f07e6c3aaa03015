package org.irqbypass.scenario;

import com.google.common.collect.ImmutableMap;
import jakarta.inject.Inject;
import java.util.Map;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.DescriptorTable;
import org.irqbypass.eventfd.Eventfds;
import org.irqbypass.host.HostInterrupts;
import org.irqbypass.host.PerHost;
import org.irqbypass.kvm.Kvm;
import org.irqbypass.legacy.LegacyApi;
import org.irqbypass.registry.BypassRegistry;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.trace.Tracepoints;
import org.irqbypass.vfio.Vfio;
import org.irqbypass.work.DeterministicWorkQueue;
import org.irqbypass.work.Waiter;
import org.jspecify.annotations.Nullable;

/**
 * One host: VFIO, KVM, the registry between them, the devices, and the names that operations give
 * to what is open. For one thread; any number of hosts live side by side.
 */
@PerHost
public final class SimulatedHost implements Fingerprinted {
  private final HostOptions options;
  private final Tracepoints trace;
  private final DeterministicWorkQueue workQueue;
  private final OneProcessor processor;
  private final DescriptorTable descriptorTable;
  private final Eventfds eventfds;
  private final HostInterrupts interrupts;
  private final BypassRegistry registry;
  private final Vfio vfio;
  private final Kvm kvm;
  private final LegacyApi legacy;
  private final Descriptors descriptors;
  private final ImmutableMap<String, HostDevice> devices;

  @Inject
  SimulatedHost(
      HostOptions options,
      Tracepoints trace,
      DeterministicWorkQueue workQueue,
      OneProcessor processor,
      DescriptorTable descriptorTable,
      Eventfds eventfds,
      HostInterrupts interrupts,
      BypassRegistry registry,
      Vfio vfio,
      Kvm kvm,
      LegacyApi legacy) {
    this.options = options;
    this.trace = trace;
    this.workQueue = workQueue;
    this.processor = processor;
    this.descriptorTable = descriptorTable;
    this.eventfds = eventfds;
    this.interrupts = interrupts;
    this.registry = registry;
    this.vfio = vfio;
    this.kvm = kvm;
    this.legacy = legacy;
    this.descriptors = new Descriptors(descriptorTable);
    this.devices = makeDevices();
  }

  private ImmutableMap<String, HostDevice> makeDevices() {
    ImmutableMap.Builder<String, HostDevice> made = ImmutableMap.builder();
    int group = 0;
    for (Map.Entry<String, DeviceDescription> described : options.devices().entrySet()) {
      String name = described.getKey();
      made.put(name, HostDevice.make(name, ++group, described.getValue(), this));
    }
    return made.buildOrThrow();
  }

  /**
   * Makes a host on which nothing has happened.
   *
   * @param options what it is made of
   * @return the host
   * @throws PlatformException if its platform does not exist, or not yet
   */
  public static SimulatedHost create(HostOptions options) {
    return create(options, HostParts.LINUX);
  }

  /**
   * Makes a host of which some parts are the caller's.
   *
   * @param options what it is made of
   * @param parts what is replaced
   * @return the host, on which nothing has happened
   * @throws PlatformException if its platform does not exist, or not yet
   */
  public static SimulatedHost create(HostOptions options, HostParts parts) {
    return DaggerHostComponent.factory().create(options, parts).host();
  }

  /**
   * What the host is made of.
   *
   * @return the options it was made with
   */
  public HostOptions options() {
    return options;
  }

  /**
   * Where every step can be observed. A {@link Runner} listens here.
   *
   * @return the host's tracepoints
   */
  public Tracepoints trace() {
    return trace;
  }

  /**
   * The deferred work.
   *
   * @return the host's only queue
   */
  public DeterministicWorkQueue workQueue() {
    return workQueue;
  }

  /** On which operations and deferred work take turns. */
  OneProcessor processor() {
    return processor;
  }

  /**
   * From now on calls and deferred work may be interrupted where Linux's could be, each on a thread
   * of its own, of which one runs at a time.
   *
   * @param others lets others go on where a call waits, or could be interrupted
   */
  public void interleave(Waiter others) {
    processor.giveWayBy(others);
    workQueue.runElsewhere();
    workQueue.awaitBy(others);
  }

  /**
   * What is open.
   *
   * @return the descriptors of the one process
   */
  public DescriptorTable descriptorTable() {
    return descriptorTable;
  }

  /**
   * The eventfds.
   *
   * @return what they share
   */
  public Eventfds eventfds() {
    return eventfds;
  }

  /**
   * The host's interrupts; prints like {@code /proc/interrupts}.
   *
   * @return all of them
   */
  public HostInterrupts interrupts() {
    return interrupts;
  }

  /**
   * The registry in which producers and consumers meet.
   *
   * @return the only one
   */
  public BypassRegistry registry() {
    return registry;
  }

  /**
   * The host's VFIO.
   *
   * @return groups and devices that are passed through
   */
  public Vfio vfio() {
    return vfio;
  }

  /**
   * The host's KVM.
   *
   * @return virtual machines
   */
  public Kvm kvm() {
    return kvm;
  }

  /**
   * The KVM-VFIO device type, installed in {@link #kvm()}.
   *
   * @return what is installed
   */
  public LegacyApi legacy() {
    return legacy;
  }

  /**
   * The devices.
   *
   * @return by the names they were described under
   */
  public ImmutableMap<String, HostDevice> devices() {
    return devices;
  }

  /**
   * The names that operations give to what is open.
   *
   * @return the names
   */
  public Descriptors descriptors() {
    return descriptors;
  }

  /** Writes the state of everything on the host, whatever order it was made in. */
  @Override
  public void writeTo(FingerprintSink sink) {
    for (String name : descriptors.open()) {
      int fd = descriptors.fd(name);
      sink.putReference(name).putReference(open(name, fd));
    }
    devices.values().forEach(device -> device.writeTo(sink));
    interrupts.all().forEach(sink::putReference);
    workQueue.writeTo(sink);
  }

  private @Nullable Object open(String name, int fd) {
    int colon = name.indexOf(':');
    try {
      return switch (name.substring(0, Math.max(0, colon))) {
        case "" -> name.startsWith("ctr") ? null : descriptorTable.eventfd(fd);
        case "vm" -> kvm.vm(fd);
        case "vcpu" -> kvm.vcpu(fd);
        case "kv" -> kvm.device(fd);
        default -> null; // a group, a device, a container: of which the devices tell
      };
    } catch (ErrnoException otherFile) {
      return null; // its number was closed, or it is a container of another name
    }
  }
}
