package org.irqbypass.live;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableMap;
import java.nio.ByteBuffer;
import java.util.Map;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.scenario.Flags;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.RoutingText;

/** VMs, vCPUs, irqfds, routing, raising. */
final class VmCalls {
  private static final int KVM_CAP_SPLIT_IRQCHIP = 121;

  /** Where x86 local APICs listen for messages. */
  private static final int MESSAGE_ADDRESS = 0xfee00000;

  private final int kvm;
  private final OpenFiles files;
  private final EndingGuest guest;

  VmCalls(int kvm, OpenFiles files, EndingGuest guest) {
    this.kvm = kvm;
    this.files = files;
    this.guest = guest;
  }

  void addTo(Map<String, Performance> performances) {
    performances.put("vm.new", this::create);
    performances.put(
        "vm.irqchip", (op, out) -> SystemCalls.ioctl(vm(op), Ioctl.KVM_CREATE_IRQCHIP, 0));
    performances.put("vm.split", this::split);
    performances.put("vm.vcpu", this::createVcpu);
    performances.put(
        "vm.cap", (op, out) -> SystemCalls.ioctl(vm(op), Ioctl.KVM_CHECK_EXTENSION, op.u32("cap")));
    performances.put("vm.close", this::close);
    performances.put("kvm.irqfd", this::irqfd);
    performances.put("kvm.routing", this::routing);
    performances.put("kvm.irq_line", this::irqLine);
    performances.put("kvm.signal_msi", this::signalMsi);
    performances.put("teardown", this::teardown);
  }

  private int vm(Operation op) {
    return files.fd("vm:" + op.text("vm"));
  }

  /** How the descriptor of an operation's vCPU is called. */
  static String vcpu(Operation op) {
    return "vcpu:" + op.text("vm") + ":" + op.u32("vcpu", 0);
  }

  private long create(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    int vm = SystemCalls.ioctl(kvm, Ioctl.KVM_CREATE_VM, 0);
    files.bind("vm:" + op.text("vm"), vm);
    guest.loadInto(vm);
    return 0;
  }

  private long split(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    ByteBuffer cap = SystemCalls.buffer(104);
    cap.putInt(0, KVM_CAP_SPLIT_IRQCHIP).putLong(8, op.u32("n") & 0xffffffffL);
    return SystemCalls.ioctl(vm(op), Ioctl.KVM_ENABLE_CAP, cap);
  }

  private long createVcpu(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    int id = op.u32("vcpu");
    int fd = SystemCalls.ioctl(vm(op), Ioctl.KVM_CREATE_VCPU, id & 0xffffffffL);
    files.bind(vcpu(op), fd);
    return 0;
  }

  private long close(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    String vm = op.text("vm");
    if (op.flag("all", true)) {
      files.closeAll(name -> name.startsWith("vcpu:" + vm + ":"));
    }
    files.close("vm:" + vm);
    return 0;
  }

  private long irqfd(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    int flags =
        Flags.of(
            op,
            "flags",
            word -> word.equals("DEASSIGN") ? IrqfdRequest.DEASSIGN : IrqfdRequest.RESAMPLE);
    ByteBuffer irqfd = SystemCalls.buffer(32);
    irqfd.putInt(0, files.fd(op.text("fd"))).putInt(4, op.u32("gsi")).putInt(8, flags);
    irqfd.putInt(12, op.has("resamplefd") ? files.fd(op.text("resamplefd")) : files.fd("null"));
    return SystemCalls.ioctl(vm(op), Ioctl.KVM_IRQFD, irqfd);
  }

  private long routing(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    ImmutableList<RoutingEntry> entries = RoutingText.entries(op);
    int nr = op.u32("nr", entries.size());
    out.put("nr", nr & 0xffffffffL);
    ByteBuffer table = RoutingText.binary(entries, nr, op.u32("flags", 0));
    int size = table.remaining();
    try (Mapping memory = Mapping.beforeAFault(size)) {
      ByteBuffer last = memory.last(size);
      last.put(table).rewind();
      return SystemCalls.ioctl(vm(op), Ioctl.KVM_SET_GSI_ROUTING, last);
    }
  }

  private long irqLine(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    ByteBuffer line = SystemCalls.buffer(8).putInt(0, op.u32("gsi")).putInt(4, op.u32("level"));
    if (!op.flag("status", false)) {
      return SystemCalls.ioctl(vm(op), Ioctl.KVM_IRQ_LINE, line);
    }
    int result = SystemCalls.ioctl(vm(op), Ioctl.KVM_IRQ_LINE_STATUS, line);
    out.put("status", (long) line.getInt(0));
    return result;
  }

  private long signalMsi(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    ByteBuffer msi = SystemCalls.buffer(32);
    msi.putInt(0, op.u32("lo", MESSAGE_ADDRESS)).putInt(4, op.u32("hi", 0));
    msi.putInt(8, op.u32("data")).putInt(12, op.u32("flags", 0)).putInt(16, op.u32("devid", 0));
    return SystemCalls.ioctl(vm(op), Ioctl.KVM_SIGNAL_MSI, msi);
  }

  /** Closes what is left: KVM devices, VMs each after its vCPUs, eventfds. */
  private long teardown(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    closeAll(files);
    return 0;
  }

  static void closeAll(OpenFiles files) throws SystemCallException {
    files.closeAll(name -> name.startsWith("kv:"));
    for (String vm : files.openOf("vm:")) {
      files.closeAll(name -> name.startsWith("vcpu:" + vm.substring("vm:".length()) + ":"));
      files.close(vm);
    }
    files.closeAll(name -> name.startsWith("vcpu:"));
    files.closeAll(name -> true);
  }
}
