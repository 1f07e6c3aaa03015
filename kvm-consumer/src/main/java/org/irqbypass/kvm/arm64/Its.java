package org.irqbypass.kvm.arm64;

import com.google.common.collect.ImmutableList;
import java.util.ArrayDeque;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Queue;
import java.util.TreeMap;
import java.util.function.Consumer;
import org.irqbypass.errno.Errno;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.host.HostIrq;
import org.irqbypass.kvm.Msi;
import org.irqbypass.registry.BypassReason;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.irqbypass.work.SpinLock;
import org.jspecify.annotations.Nullable;

/**
 * An interrupt translation service of a guest ({@code struct vgic_its}, {@code
 * arch/arm64/kvm/vgic/vgic-its.c}): it turns messages, each from a device and with an event, into
 * LPIs, as the guest's commands tell it.
 *
 * <p>Its lock guards devices, collections and translations, and is taken before the vGIC's. A
 * message that was translated before is found without it.
 *
 * <p>Safe for use from many threads.
 */
public final class Its implements Fingerprinted {
  /**
   * What a translation returns where the guest has mapped none ({@code
   * E_ITS_INT_UNMAPPED_INTERRUPT}).
   */
  public static final int UNMAPPED_INTERRUPT = 0x10307;

  /** How far the doorbell is from the ITS's base ({@code GITS_TRANSLATER}). */
  public static final long DOORBELL_OFFSET = 0x10040;

  /** How much of the guest's address space an ITS takes ({@code KVM_VGIC_V3_ITS_SIZE}). */
  public static final long SIZE = 0x20000;

  private static final int ID_BITS = 16;
  private static final long UNPLACED = -1;

  private final Vgic vgic;
  private final SpinLock lock = new SpinLock();
  private final TranslationCache cache = new TranslationCache();

  /** In the order of their making, as in Linux's lists. */
  private final Map<Integer, ItsDevice> devices = new LinkedHashMap<>();

  private final Map<Integer, ItsCollection> collections = new TreeMap<>();

  /** Commands given while the ITS is off. */
  private final Queue<ItsCommand> waiting = new ArrayDeque<>();

  private ImmutableList<ItsCommand> savedTables = ImmutableList.of();
  private boolean hasTables;
  private boolean enabled;
  private volatile long base = UNPLACED;

  Its(Vgic vgic) {
    this.vgic = vgic;
  }

  // ---- Set-up

  /**
   * The address to which devices write.
   *
   * @return the doorbell ({@code GITS_TRANSLATER}); meaningless before the ITS has an address
   */
  public long doorbell() {
    return base + DOORBELL_OFFSET;
  }

  /** {@code KVM_VGIC_ITS_ADDR_TYPE}; -1 until it was set. */
  long base() {
    return base;
  }

  void place(long address) {
    base = address;
  }

  /** Whether an address lies in the ITS's range, as {@code kvm_io_bus_get_dev()} finds it. */
  boolean contains(long address) {
    long start = base;
    return start != UNPLACED && address >= start && address < start + SIZE;
  }

  /**
   * The guest gives the ITS its tables and command queue ({@code GITS_BASER}, {@code GITS_CBASER}).
   */
  public void provideTables() {
    lock.lock();
    try {
      hasTables = true;
    } finally {
      lock.unlock();
    }
  }

  /**
   * The guest switches the ITS on or off ({@code GITS_CTLR}). It does not come on without tables;
   * coming on, it executes what is queued.
   *
   * @param on the new {@code GITS_CTLR.Enabled}
   */
  public void enable(boolean on) {
    lock.lock();
    try {
      if (on && !enabled && !hasTables) {
        return;
      }
      enabled = on;
      if (!on) {
        cache.clear();
      }
      catchUp();
    } finally {
      lock.unlock();
    }
  }

  /** Whether the ITS translates. */
  boolean isEnabled() {
    lock.lock();
    try {
      return enabled;
    } finally {
      lock.unlock();
    }
  }

  /** {@code KVM_DEV_ARM_ITS_CTRL_RESET}. */
  void reset() {
    lock.lock();
    try {
      hasTables = false;
      enabled = false;
      waiting.clear();
      freeDevices();
      collections.clear();
    } finally {
      lock.unlock();
    }
  }

  /** The VM is gone. */
  void destroy() {
    lock.lock();
    try {
      freeDevices();
      collections.clear();
    } finally {
      lock.unlock();
    }
  }

  // ---- Commands

  /**
   * The guest gives a command. A bad one is ignored, as Linux ignores it.
   *
   * @param command what to do
   * @return whether the ITS has caught up; it does not while it is off
   */
  public boolean execute(ItsCommand command) {
    lock.lock();
    try {
      waiting.add(command);
      return catchUp();
    } finally {
      lock.unlock();
    }
  }

  private boolean catchUp() {
    if (!enabled) {
      return waiting.isEmpty();
    }
    for (ItsCommand command = waiting.poll(); command != null; command = waiting.poll()) {
      obey(command);
    }
    return true;
  }

  private void obey(ItsCommand command) {
    if (command instanceof ItsCommand.Mapd mapd) {
      mapDevice(mapd);
    } else if (command instanceof ItsCommand.Mapc mapc) {
      mapCollection(mapc);
    } else if (command instanceof ItsCommand.Mapti map) {
      mapEvent(map.devid(), map.event(), map.lpi(), map.collection());
    } else if (command instanceof ItsCommand.Mapi map) {
      mapEvent(map.devid(), map.event(), map.event(), map.collection());
    } else if (command instanceof ItsCommand.Movi movi) {
      moveEvent(movi);
    } else if (command instanceof ItsCommand.Discard discard) {
      discard(discard);
    } else if (command instanceof ItsCommand.Int trigger) {
      trigger(trigger.devid(), trigger.event());
    } else if (command instanceof ItsCommand.Clear clear) {
      ItsTranslation found = find(clear.devid(), clear.event());
      if (found != null) {
        vgic.lpis().clearPending(found.lpi);
      }
    } else if (command instanceof ItsCommand.Inv inv) {
      ItsTranslation found = find(inv.devid(), inv.event());
      if (found != null) {
        vgic.lpis().refresh(found.lpi, true);
      }
    } else if (command instanceof ItsCommand.Invall invall) {
      ItsCollection collection = collections.get(invall.collection());
      if (collection != null && collection.target != null) {
        vgic.lpis().refreshAll(collection.target);
      }
    } else if (command instanceof ItsCommand.Movall movall) {
      moveAll(movall);
    }
  }

  private void mapDevice(ItsCommand.Mapd mapd) {
    if (mapd.devid() >>> ID_BITS != 0 || (mapd.valid() && mapd.eventBits() > ID_BITS)) {
      return;
    }
    ItsDevice before = devices.remove(mapd.devid());
    if (before != null) {
      free(before);
    }
    if (mapd.valid()) {
      devices.put(mapd.devid(), new ItsDevice(mapd.devid(), mapd.eventBits()));
    }
  }

  private void mapCollection(ItsCommand.Mapc mapc) {
    VgicCpu target = target(mapc.vcpu());
    if (target == null) {
      return;
    }
    if (!mapc.valid()) {
      ItsCollection gone = collections.remove(mapc.collection());
      if (gone != null) {
        forEachTranslationOf(
            gone,
            translation -> {
              translation.collection = null;
            });
      }
      cache.clear();
      return;
    }
    ItsCollection collection = collection(mapc.collection());
    if (collection != null) {
      collection.target = target;
      forEachTranslationOf(collection, translation -> vgic.retarget(translation.lpi, target));
    }
  }

  private void forEachTranslationOf(ItsCollection collection, Consumer<ItsTranslation> action) {
    for (ItsDevice device : devices.values()) {
      for (ItsTranslation translation : device.translations.values()) {
        if (translation.collection == collection) {
          action.accept(translation);
        }
      }
    }
  }

  /** The collection of a number, made if need be; null if there can be none. */
  private @Nullable ItsCollection collection(int id) {
    return id >>> ID_BITS != 0 ? null : collections.computeIfAbsent(id, ItsCollection::new);
  }

  private @Nullable VgicCpu target(int vcpu) {
    ImmutableList<Arm64Vcpu> vcpus = vgic.vcpus();
    return vcpu < 0 || vcpu >= vcpus.size() ? null : vcpus.get(vcpu).interfaceToGic();
  }

  private void mapEvent(int devid, int event, int lpi, int collectionId) {
    ItsDevice device = devices.get(devid);
    if (device == null
        || !device.hasEvent(event)
        || lpi < Vgic.FIRST_LPI
        || lpi >= Vgic.LPI_LIMIT
        || device.translations.containsKey(event)) {
      return;
    }
    ItsCollection collection = collection(collectionId);
    if (collection != null) {
      VgicIrq irq = vgic.lpis().use(lpi, collection.target);
      device.translations.put(event, new ItsTranslation(event, irq, collection));
    }
  }

  private void moveEvent(ItsCommand.Movi movi) {
    ItsTranslation translation = find(movi.devid(), movi.event());
    ItsCollection collection = collections.get(movi.collection());
    if (translation == null
        || translation.target() == null
        || collection == null
        || collection.target == null) {
      return;
    }
    translation.collection = collection;
    cache.clear();
    vgic.retarget(translation.lpi, collection.target);
  }

  private void moveAll(ItsCommand.Movall movall) {
    VgicCpu from = target(movall.from());
    VgicCpu to = target(movall.to());
    if (from == null || to == null || from == to) {
      return;
    }
    for (VgicIrq lpi : vgic.lpis().of(from)) {
      vgic.retarget(lpi, to);
    }
    cache.clear();
  }

  private void discard(ItsCommand.Discard discard) {
    ItsDevice device = devices.get(discard.devid());
    ItsTranslation translation = find(discard.devid(), discard.event());
    if (device != null && translation != null && translation.target() != null) {
      cache.clear();
      device.translations.remove(discard.event());
      vgic.lpis().release(translation.lpi);
    }
  }

  private @Nullable ItsTranslation find(int devid, int event) {
    ItsDevice device = devices.get(devid);
    return device == null ? null : device.translations.get(event);
  }

  private void freeDevices() {
    devices.values().forEach(this::free);
    devices.clear();
    cache.clear();
  }

  /** {@code vgic_its_free_device()}. */
  private void free(ItsDevice device) {
    if (vgic.trace().enabled()) {
      vgic.trace().emit(new VgicEvent.ItsFreeDevice(device.id));
    }
    for (ItsTranslation translation : device.translations.values()) {
      vgic.lpis().release(translation.lpi);
    }
    device.translations.clear();
    cache.clear();
  }

  // ---- Translating

  /** Drops what was translated lately: LPIs were switched off somewhere. */
  void forgetTranslations() {
    lock.lock();
    try {
      cache.clear();
    } finally {
      lock.unlock();
    }
  }

  /** {@code vgic_its_check_cache()}. Takes no lock, allocates nothing. */
  @Nullable VgicIrq translatedBefore(long address, int devid, int event) {
    return base != UNPLACED && address == doorbell() ? cache.find(devid, event) : null;
  }

  /**
   * {@code vgic_its_trigger_msi()}: a message arrives.
   *
   * @return 0; {@link #UNMAPPED_INTERRUPT}; or negated, {@code EBUSY}: the ITS or the vCPU's LPIs
   *     are off
   */
  int trigger(int devid, int event) {
    while (true) {
      VgicIrq lpi;
      HostIrq host;
      lock.lock();
      try {
        ItsTranslation translation = find(devid, event);
        int result = resolve(devid, event, translation);
        if (result != 0 || translation == null) {
          return result;
        }
        lpi = translation.lpi;
        host = vgic.virtualLpis().hostOf(lpi);
      } finally {
        lock.unlock();
      }
      if (host != null) {
        host.setPending();
        return 0;
      }
      if (vgic.lpis().inject(lpi)) {
        return 0;
      }
      // The guest has dropped the translation meanwhile, and may have made another.
    }
  }

  /** {@code vgic_its_resolve_lpi()}. Remembers what it finds, unless the hardware delivers it. */
  private int resolve(int devid, int event, @Nullable ItsTranslation translation) {
    boolean traced = vgic.trace().enabled();
    if (traced) {
      vgic.trace().emit(new VgicEvent.ItsResolveLpi(devid, event));
    }
    int result = check(translation);
    if (result == 0 && translation != null && vgic.virtualLpis().hostOf(translation.lpi) == null) {
      cache.add(devid, event, translation.lpi);
    }
    if (traced) {
      vgic.trace().emit(new VgicEvent.Returned(VgicFunction.VGIC_ITS_RESOLVE_LPI, result));
    }
    return result;
  }

  private int check(@Nullable ItsTranslation translation) {
    if (!enabled) {
      return -Errno.EBUSY.number();
    }
    VgicCpu target = translation == null ? null : translation.target();
    if (target == null) {
      return UNMAPPED_INTERRUPT;
    }
    return target.lpisEnabled ? 0 : -Errno.EBUSY.number();
  }

  /** The LPI to which an event of a device leads; -1 if to none. */
  int lpiOf(int devid, int event) {
    lock.lock();
    try {
      ItsTranslation translation = find(devid, event);
      return translation == null || translation.target() == null ? -1 : translation.lpi.intid;
    } finally {
      lock.unlock();
    }
  }

  // ---- Forwarding

  /**
   * What became of a host interrupt that was to become an LPI.
   *
   * @param result 0; or as {@link #trigger}: the message is not translated
   * @param outcome {@code BYPASSED}, or why not
   */
  record Forwarding(int result, BypassReason outcome) {}

  /**
   * The rest of {@code kvm_vgic_v4_set_forwarding()}: maps a host interrupt to the LPI to which its
   * message leads.
   *
   * @throws ErrnoException what the host's interrupt controller returned
   */
  Forwarding forward(Msi message, HostIrq host) {
    lock.lock();
    try {
      ItsTranslation translation = find(message.devid(), message.data());
      int result = resolve(message.devid(), message.data(), translation);
      VgicCpu target = translation == null ? null : translation.target();
      if (result != 0 || translation == null || target == null) {
        return new Forwarding(result, BypassReason.NOT_TRANSLATED);
      }
      boolean mapped = vgic.virtualLpis().map(translation.lpi, host, target);
      return new Forwarding(0, mapped ? BypassReason.BYPASSED : BypassReason.GUEST_INTERRUPT_TAKEN);
    } finally {
      lock.unlock();
    }
  }

  /**
   * The rest of {@code kvm_vgic_v4_unset_forwarding()} where it goes by the route: gives a host
   * interrupt back, if it is mapped to the LPI to which a message leads now.
   *
   * @return 0; or as {@link #trigger}, and nothing is given back
   */
  int unforward(Msi message, HostIrq host) {
    lock.lock();
    try {
      ItsTranslation translation = find(message.devid(), message.data());
      int result = resolve(message.devid(), message.data(), translation);
      if (result == 0
          && translation != null
          && vgic.virtualLpis().hostOf(translation.lpi) == host) {
        vgic.virtualLpis().unmap(host);
      }
      return result;
    } finally {
      lock.unlock();
    }
  }

  // ---- Saving and restoring

  /**
   * {@code KVM_DEV_ARM_ITS_SAVE_TABLES}: into the guest's memory.
   *
   * @throws ErrnoException {@code EACCES}: the hardware delivers one of the LPIs, and a GICv4 does
   *     not tell whether it is pending
   */
  void saveTables() {
    lock.lock();
    try {
      if (!hasTables) {
        return;
      }
      ImmutableList.Builder<ItsCommand> saved = ImmutableList.builder();
      for (ItsCollection collection : collections.values()) {
        if (collection.target != null) {
          saved.add(new ItsCommand.Mapc(collection.id, collection.target.index, true));
        }
      }
      for (ItsDevice device : devices.values()) {
        saved.add(new ItsCommand.Mapd(device.id, device.eventBits, true));
        for (ItsTranslation translation : device.translations.values()) {
          refuseDirect(translation.lpi);
          if (translation.collection != null) {
            saved.add(
                new ItsCommand.Mapti(
                    device.id,
                    translation.event,
                    translation.lpi.intid,
                    translation.collection.id));
          }
        }
      }
      savedTables = saved.build();
    } finally {
      lock.unlock();
    }
  }

  private void refuseDirect(VgicIrq lpi) {
    HostIrq host = vgic.virtualLpis().hostOf(lpi);
    if (host != null) {
      throw new ErrnoException(Errno.EACCES, "LPI " + lpi.intid + " is delivered from " + host);
    }
  }

  /** {@code KVM_DEV_ARM_ITS_RESTORE_TABLES}: from the guest's memory. */
  void restoreTables() {
    lock.lock();
    try {
      savedTables.forEach(this::obey);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void writeTo(FingerprintSink sink) {
    lock.lock();
    try {
      sink.put(enabled).put(hasTables).put(base);
      sink.put(waiting.size()).put(savedTables.size());
      waiting.forEach(sink::putReference);
      savedTables.forEach(sink::putReference);
      sink.put(collections.size()).put(devices.size());
      for (ItsCollection collection : collections.values()) {
        sink.put(collection.id).putReference(collection.target);
      }
      for (ItsDevice device : devices.values()) {
        sink.put(device.id).put(device.eventBits).put(device.translations.size());
        for (ItsTranslation translation : device.translations.values()) {
          sink.put(translation.event)
              .put(translation.lpi.intid)
              .putReference(translation.collection);
        }
      }
    } finally {
      lock.unlock();
    }
  }

  @Override
  public String toString() {
    return String.format("ITS at %#x of %s", base, vgic.vm());
  }
}
