package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.eventfd.EventfdEvent;
import org.irqbypass.host.HostIrq;
import org.irqbypass.kvm.KvmEvent;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.Route;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.VmConsumer;
import org.irqbypass.kvm.arm64.VgicEvent;
import org.irqbypass.kvm.x86.ApicInterrupt;
import org.irqbypass.kvm.x86.DeliveryMode;
import org.irqbypass.kvm.x86.IoApic;
import org.irqbypass.kvm.x86.Redirection;
import org.irqbypass.kvm.x86.X86Event;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassSide;
import org.irqbypass.registry.BypassToken;
import org.irqbypass.registry.RegistryEvent;
import org.irqbypass.trace.TraceEvent;
import org.irqbypass.vfio.VfioEvent;
import org.jspecify.annotations.Nullable;

/**
 * Spells events as the recordings do: functions as {@code function(arguments)} at entry and {@code
 * function=result} at return, tracepoints as the kernel prints them. What the recordings do not
 * show is spelled by nothing. Remembers what it has seen, and must see every event of a host, in
 * order.
 */
public final class TraceRenderer {
  private static final ImmutableMap<DeliveryMode, String> MODES =
      ImmutableMap.<DeliveryMode, String>builder()
          .put(DeliveryMode.FIXED, "Fixed")
          .put(DeliveryMode.LOWEST_PRIORITY, "LowPrio")
          .put(DeliveryMode.SMI, "SMI")
          .put(DeliveryMode.RESERVED_3, "Res3")
          .put(DeliveryMode.NMI, "NMI")
          .put(DeliveryMode.INIT, "INIT")
          .put(DeliveryMode.STARTUP, "SIPI")
          .put(DeliveryMode.EXT_INT, "ExtINT")
          .buildOrThrow();

  private final Descriptors descriptors;
  private final boolean arm;

  /**
   * What each side's own field says. Linux clears it in a producer whose registration failed, and
   * nowhere else.
   */
  private final Map<BypassSide, String> tokens = new HashMap<>();

  /** By the eventfd under which it was registered last. */
  private final Map<HostIrq, String> irqNames = new HashMap<>();

  /**
   * Makes a renderer of one host.
   *
   * @param host whose names it uses
   */
  public TraceRenderer(SimulatedHost host) {
    this.descriptors = host.descriptors();
    this.arm = Platforms.isArm(host.options().platform());
  }

  /**
   * Spells what an operation caused.
   *
   * @param events in order
   * @return as a recording's {@code trace}
   */
  public ImmutableList<String> render(Iterable<TraceEvent> events) {
    List<String> lines = new ArrayList<>();
    for (TraceEvent event : events) {
      String line = line(event);
      if (line != null) {
        lines.add(line);
      }
    }
    return ImmutableList.copyOf(lines);
  }

  /** The line of one event; null where recordings show none. */
  @Nullable String line(TraceEvent event) {
    if (event instanceof RegistryEvent registry) {
      return registry(registry);
    }
    if (event instanceof EventfdEvent.Signal signal) {
      return "eventfd_signal(" + name(signal.eventfd()) + "," + signal.n() + ")";
    }
    if (event instanceof VfioEvent vfio) {
      return vfio(vfio);
    }
    if (event instanceof KvmEvent kvm) {
      return kvm(kvm);
    }
    if (event instanceof X86Event x86) {
      return x86(x86);
    }
    return event instanceof VgicEvent vgic ? vgic(vgic) : null;
  }

  private @Nullable String registry(RegistryEvent event) {
    if (event instanceof RegistryEvent.Entered entered) {
      BypassSide side = entered.side();
      boolean register = isRegister(entered.call());
      String token = name(entered.token());
      if (register) {
        tokens.put(side, token);
      } else {
        token = tokens.getOrDefault(side, "NULL");
      }
      if (register && side instanceof BypassProducer producer) {
        irqNames.put(producer.irq(), "irq[" + token + "]");
      }
      return function(entered.call()) + "(" + token + ")";
    }
    if (event instanceof RegistryEvent.Returned returned) {
      if (returned.result() != 0 && returned.side() instanceof BypassProducer) {
        tokens.remove(returned.side());
      }
      return function(returned.call()) + "=" + returned.result();
    }
    return null;
  }

  private static boolean isRegister(RegistryEvent.Call call) {
    return call == RegistryEvent.Call.REGISTER_PRODUCER
        || call == RegistryEvent.Call.REGISTER_CONSUMER;
  }

  private static String function(RegistryEvent.Call call) {
    return "irq_bypass_" + call.name().toLowerCase(Locale.ROOT);
  }

  private String name(@Nullable BypassToken token) {
    if (token == null) {
      return "NULL";
    }
    return token instanceof EventfdContext eventfd ? descriptors.nameOf(eventfd) : token.toString();
  }

  private @Nullable String vfio(VfioEvent event) {
    if (event instanceof VfioEvent.SetVectorSignal signal) {
      return "vfio_msi_set_vector_signal("
          + signal.vector()
          + ","
          + descriptors.nameOf(signal.fd())
          + ")";
    }
    if (event instanceof VfioEvent.SetVectorSignalReturned returned) {
      return "vfio_msi_set_vector_signal=" + returned.result();
    }
    if (event instanceof VfioEvent.MsiHandler handler) {
      return "vfio_msihandler(" + name(handler.trigger()) + ")";
    }
    if (event instanceof VfioEvent.IntxHandler) {
      return "vfio_intx_handler";
    }
    if (event instanceof VfioEvent.IntxHandlerReturned returned) {
      return "vfio_intx_handler=" + bit(returned.claimed());
    }
    if (event instanceof VfioEvent.IntxUnmaskHandler) {
      return "vfio_pci_intx_unmask_handler";
    }
    if (event instanceof VfioEvent.IntxUnmaskHandlerReturned returned) {
      return "vfio_pci_intx_unmask_handler=" + bit(returned.stillAsserted());
    }
    if (event instanceof VfioEvent.VirqfdInject) {
      return "virqfd_inject";
    }
    return event instanceof VfioEvent.VirqfdShutdown ? "virqfd_shutdown" : platform(event);
  }

  private static @Nullable String platform(VfioEvent event) {
    if (event instanceof VfioEvent.AutomaskedIrqHandler) {
      return "vfio_automasked_irq_handler";
    }
    if (event instanceof VfioEvent.AutomaskedIrqHandlerReturned returned) {
      return "vfio_automasked_irq_handler=" + bit(returned.claimed());
    }
    if (event instanceof VfioEvent.IrqHandler) {
      return "vfio_irq_handler";
    }
    if (event instanceof VfioEvent.IrqHandlerReturned) {
      return "vfio_irq_handler=1";
    }
    if (event instanceof VfioEvent.PlatformMask) {
      return "vfio_platform_mask";
    }
    if (event instanceof VfioEvent.PlatformUnmask) {
      return "vfio_platform_unmask";
    }
    if (event instanceof VfioEvent.PlatformMaskHandler) {
      return "vfio_platform_mask_handler";
    }
    return event instanceof VfioEvent.PlatformUnmaskHandler ? "vfio_platform_unmask_handler" : null;
  }

  private static int bit(boolean value) {
    return value ? 1 : 0;
  }

  private @Nullable String kvm(KvmEvent event) {
    if (event instanceof KvmEvent.SetIrq set) {
      return "kvm_set_irq: gsi "
          + Integer.toUnsignedString(set.gsi())
          + " level "
          + set.level()
          + " source "
          + set.source();
    }
    if (event instanceof KvmEvent.AckIrq ack) {
      return "kvm_ack_irq: irqchip " + irqchip(ack.irqchip()) + " pin " + ack.pin();
    }
    if (event instanceof KvmEvent.IrqfdInject) {
      return "irqfd_inject";
    }
    if (event instanceof KvmEvent.IrqfdShutdown) {
      return "irqfd_shutdown";
    }
    if (event instanceof KvmEvent.ResamplerAck) {
      return "irqfd_resampler_ack";
    }
    return event instanceof KvmEvent.ResamplerShutdown ? "irqfd_resampler_shutdown" : bypass(event);
  }

  /** Symbolic on x86 only, where the kernel knows the controllers' names. */
  private String irqchip(int number) {
    if (arm) {
      return Integer.toString(number);
    }
    return number == IoApic.IRQCHIP ? "IOAPIC" : number == 0 ? "PIC master" : "PIC slave";
  }

  /** Only irqfds have these functions in Linux; an explicit forwarding has no name there. */
  private @Nullable String bypass(KvmEvent event) {
    if (event instanceof KvmEvent.BypassStop stop) {
      return called("kvm_arch_irq_bypass_stop", stop.consumer());
    }
    if (event instanceof KvmEvent.BypassStart start) {
      return called("kvm_arch_irq_bypass_start", start.consumer());
    }
    if (event instanceof KvmEvent.BypassAddProducer add) {
      return called("kvm_arch_irq_bypass_add_producer", add.consumer());
    }
    if (event instanceof KvmEvent.BypassAddProducerReturned returned) {
      return returned.consumer().token() instanceof EventfdContext
          ? "kvm_arch_irq_bypass_add_producer=" + returned.result()
          : null;
    }
    if (event instanceof KvmEvent.BypassDelProducer del) {
      return called("kvm_arch_irq_bypass_del_producer", del.consumer());
    }
    return arm ? null : routing(event);
  }

  /** On Arm, Linux 6.1 has only an empty stub, which the recordings do not show. */
  private static @Nullable String routing(KvmEvent event) {
    if (event instanceof KvmEvent.UpdateIrqfdRouting update) {
      return "kvm_arch_update_irqfd_routing(gsi=" + update.irqfd().gsi() + ",set=1)";
    }
    return event instanceof KvmEvent.UpdateIrqfdRoutingReturned returned
        ? "kvm_arch_update_irqfd_routing=" + returned.result()
        : null;
  }

  private @Nullable String called(String function, VmConsumer consumer) {
    return consumer.token() instanceof EventfdContext
        ? function + "(" + name(consumer.token()) + ")"
        : null;
  }

  private static @Nullable String x86(X86Event event) {
    if (event instanceof X86Event.MsiSetIrq msi) {
      ApicInterrupt interrupt = msi.interrupt();
      return "kvm_msi_set_irq: dst "
          + Integer.toHexString(interrupt.destination())
          + " vec "
          + interrupt.vector()
          + " ("
          + MODES.get(interrupt.mode())
          + (interrupt.logical() ? "|logical" : "|physical")
          + trigger(interrupt.level())
          + (interrupt.redirectionHint() ? "|rh)" : ")");
    }
    if (event instanceof X86Event.ApicAcceptIrq accept) {
      return "kvm_apic_accept_irq: apicid "
          + Integer.toHexString(accept.apicId())
          + " vec "
          + accept.interrupt().vector()
          + " ("
          + MODES.get(accept.interrupt().mode())
          + trigger(accept.interrupt().level())
          + ")";
    }
    if (event instanceof X86Event.IoapicSetIrq set) {
      return ioapic(set);
    }
    if (event instanceof X86Event.PicSetIrq set) {
      return "kvm_pic_set_irq: chip "
          + set.chip()
          + " pin "
          + set.pin()
          + " ("
          + (set.level() ? "level" : "edge")
          + (set.masked() ? "|masked)" : ")")
          + coalesced(set.coalesced());
    }
    return event instanceof X86Event.Eoi eoi
        ? "kvm_eoi: apicid " + eoi.apicId() + " vector " + eoi.vector()
        : null;
  }

  private static String ioapic(X86Event.IoapicSetIrq set) {
    long entry = set.entry();
    DeliveryMode[] modes = DeliveryMode.values();
    return "kvm_ioapic_set_irq: pin "
        + set.pin()
        + " dst "
        + Long.toHexString(entry >>> 56)
        + " vec "
        + Redirection.vector(entry)
        + " ("
        + MODES.get(modes[(int) (entry >>> 8) & 7])
        + ((entry & Redirection.LOGICAL) != 0 ? "|logical" : "|physical")
        + trigger((entry & Redirection.LEVEL) != 0)
        + ((entry & Redirection.MASKED) != 0 ? "|masked)" : ")")
        + coalesced(set.coalesced());
  }

  private static String trigger(boolean level) {
    return level ? "|level" : "|edge";
  }

  private static String coalesced(boolean value) {
    return value ? " (coalesced)" : "";
  }

  private @Nullable String vgic(VgicEvent event) {
    if (event instanceof VgicEvent.Returned returned) {
      return returned.function().linuxName() + "=" + returned.result();
    }
    if (event instanceof VgicEvent.UpdateIrqPending update) {
      return "vgic_update_irq_pending: VCPU: "
          + update.vcpu()
          + ", IRQ "
          + update.intid()
          + ", level: "
          + bit(update.level());
    }
    if (event instanceof VgicEvent.SetIrqInatomic set) {
      return "kvm_arch_set_irq_inatomic(level=" + set.level() + ")";
    }
    if (event instanceof VgicEvent.IrqfdSetIrq set) {
      return "vgic_irqfd_set_irq(level=" + set.level() + ")";
    }
    if (event instanceof VgicEvent.SetMsi set) {
      return "kvm_set_msi(level=" + set.level() + ")";
    }
    if (event instanceof VgicEvent.ItsInjectMsi) {
      return "vgic_its_inject_msi";
    }
    if (event instanceof VgicEvent.ItsInjectCachedTranslation) {
      return "vgic_its_inject_cached_translation";
    }
    if (event instanceof VgicEvent.ItsResolveLpi resolve) {
      return "vgic_its_resolve_lpi(devid=" + resolve.devid() + ",event=" + resolve.event() + ")";
    }
    if (event instanceof VgicEvent.ItsFreeDevice) {
      return "vgic_its_free_device";
    }
    return event instanceof VgicEvent.V4Init ? "vgic_v4_init" : forwarding(event);
  }

  private @Nullable String forwarding(VgicEvent event) {
    if (event instanceof VgicEvent.V4SetForwarding set) {
      return call("kvm_vgic_v4_set_forwarding", set.irq(), route(set.route(), set.former()));
    }
    if (event instanceof VgicEvent.V4UnsetForwarding unset) {
      return call(
          "kvm_vgic_v4_unset_forwarding", unset.irq(), route(unset.route(), unset.former()));
    }
    if (event instanceof VgicEvent.ItsMapVlpi map) {
      return call("its_map_vlpi", map.irq(), lpi(map));
    }
    if (event instanceof VgicEvent.ItsUnmapVlpi unmap) {
      return call("its_unmap_vlpi", unmap.irq(), "");
    }
    if (event instanceof VgicEvent.ItsGetVlpi get) {
      return call("its_get_vlpi", get.irq(), "");
    }
    if (event instanceof VgicEvent.ItsPropUpdateVlpi update) {
      return call(
          "its_prop_update_vlpi",
          update.irq(),
          String.format(",config=0x%x,inv=%d", update.properties(), bit(update.invalidate())));
    }
    if (event instanceof VgicEvent.ItsInvallVpe) {
      return "its_invall_vpe";
    }
    if (event instanceof VgicEvent.V4DoorbellHandler) {
      return "vgic_v4_doorbell_handler";
    }
    return event instanceof VgicEvent.V4Teardown ? "vgic_v4_teardown" : null;
  }

  private static String lpi(VgicEvent.ItsMapVlpi map) {
    return String.format(",vintid=%d,prop=0x%x,db=1", map.lpi(), map.properties());
  }

  private String call(String function, HostIrq irq, String rest) {
    return function + "(" + irqNames.getOrDefault(irq, "irq[]") + rest + ")";
  }

  /** Of a route that is gone, Linux's cached entry still holds everything but the type. */
  private static String route(@Nullable Route route, @Nullable Route former) {
    if (route != null) {
      return "," + route(route);
    }
    RoutingEntry entry = former == null ? null : former.entry();
    if (entry instanceof RoutingEntry.Message message) {
      Msi msi = message.message();
      return String.format(
          ",type=0,irqchip=%s,pin=%s",
          Integer.toUnsignedString(msi.addressLo()), Integer.toUnsignedString(msi.addressHi()));
    }
    return entry instanceof RoutingEntry.Irqchip irqchip
        ? ",type=0,irqchip=" + irqchip.irqchip() + ",pin=" + irqchip.pin()
        : ",type=0,irqchip=0,pin=0";
  }

  private static String route(Route route) {
    RoutingEntry entry = route.entry();
    if (entry instanceof RoutingEntry.Message message) {
      Msi msi = message.message();
      return String.format(
          "msi:lo=0x%x,hi=0x%x,data=%s,flags=%s,devid=%s",
          msi.addressLo(),
          msi.addressHi(),
          Integer.toUnsignedString(msi.data()),
          msi.flags(),
          Integer.toUnsignedString(msi.devid()));
    }
    if (entry instanceof RoutingEntry.Irqchip irqchip) {
      return "type=1,irqchip=" + irqchip.irqchip() + ",pin=" + irqchip.pin();
    }
    return "type=" + entry.type();
  }
}
