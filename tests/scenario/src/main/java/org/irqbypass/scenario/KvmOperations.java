package org.irqbypass.scenario;

import com.google.common.collect.ImmutableList;
import java.util.Map;
import org.irqbypass.kvm.IrqfdRequest;
import org.irqbypass.kvm.Kvm;
import org.irqbypass.kvm.Msi;
import org.irqbypass.kvm.RoutingEntry;
import org.irqbypass.kvm.Vm;

/** The calls of KVM that every architecture has: VMs, vCPUs, irqfds, routing, raising. */
final class KvmOperations {
  /** Where x86 local APICs listen for messages. */
  private static final int X86_MESSAGE_ADDRESS = 0xfee00000;

  /** The doorbell of the ITS that {@code vm.vgic} makes. */
  private static final int ARM_MESSAGE_ADDRESS = 0x08090040;

  private final Kvm kvm;
  private final Descriptors descriptors;
  private final VirtualMachines machines;
  private final int messageAddress;

  KvmOperations(SimulatedHost host, VirtualMachines machines) {
    this.kvm = host.kvm();
    this.descriptors = host.descriptors();
    this.machines = machines;
    this.messageAddress =
        Platforms.isArm(host.options().platform()) ? ARM_MESSAGE_ADDRESS : X86_MESSAGE_ADDRESS;
  }

  void addTo(Map<String, OperationHandler> handlers) {
    handlers.put(
        "vm.new",
        (op, reply) -> descriptors.bind(VirtualMachines.vmName(op.text("vm")), kvm.createVm()));
    handlers.put("vm.irqchip", (op, reply) -> machines.vm(op).createIrqchip());
    handlers.put("vm.split", (op, reply) -> machines.vm(op).enableSplitIrqchip(op.u32("n")));
    handlers.put("vm.vcpu", this::createVcpu);
    handlers.put(
        "vm.cap",
        (op, reply) -> reply.ret(machines.vm(op).architecture().checkExtension(op.u32("cap"))));
    handlers.put("vm.close", this::close);
    handlers.put("kvm.irqfd", this::irqfd);
    handlers.put("kvm.routing", this::routing);
    handlers.put("kvm.irq_line", this::irqLine);
    handlers.put("kvm.signal_msi", this::signalMsi);
  }

  private void createVcpu(Operation op, Reply reply) {
    int id = op.u32("vcpu");
    int fd = machines.vm(op).createVcpu(id);
    descriptors.bind(VirtualMachines.vcpuName(op.text("vm"), id), fd);
  }

  private void close(Operation op, Reply reply) {
    String vm = op.text("vm");
    if (op.flag("all", true)) {
      closeVcpus(vm);
    }
    descriptors.close(VirtualMachines.vmName(vm));
  }

  /** Closes the descriptors of a VM's vCPUs and interrupt controllers. */
  private void closeVcpus(String vm) {
    descriptors.closeAll(name -> name.startsWith("its:" + vm + ":"));
    descriptors.closeAll(name -> name.startsWith("gic:" + vm + ":"));
    descriptors.closeAll(name -> name.startsWith("vcpu:" + vm + ":"));
  }

  /** Closes every VM that is left, each after its vCPUs. */
  void teardown() {
    for (String name : descriptors.openOf("vm:")) {
      closeVcpus(name.substring("vm:".length()));
      descriptors.closeAll(name::equals);
    }
    descriptors.closeAll(name -> name.startsWith("vcpu:"));
  }

  private void irqfd(Operation op, Reply reply) {
    Vm vm = machines.vm(op);
    int flags =
        Flags.of(
            op,
            "flags",
            word -> word.equals("DEASSIGN") ? IrqfdRequest.DEASSIGN : IrqfdRequest.RESAMPLE);
    int resamplefd = descriptors.fd(op.text("resamplefd", "0"));
    vm.irqfd(new IrqfdRequest(descriptors.fd(op.text("fd")), op.u32("gsi"), flags, resamplefd));
  }

  private void routing(Operation op, Reply reply) {
    ImmutableList<RoutingEntry> entries = RoutingText.entries(op);
    int nr = op.u32("nr", entries.size());
    reply.out("nr", nr & 0xffffffffL);
    Vm vm = machines.vm(op);
    int flags = op.u32("flags", 0);
    if (nr == entries.size()) {
      vm.setGsiRouting(entries, flags);
    } else {
      vm.setGsiRouting(RoutingText.binary(entries, nr, flags));
    }
  }

  private void irqLine(Operation op, Reply reply) {
    Vm vm = machines.vm(op);
    if (op.flag("status", false)) {
      reply.out("status", vm.irqLine(op.u32("gsi"), op.u32("level")));
    } else {
      vm.irqLineWithoutStatus(op.u32("gsi"), op.u32("level"));
    }
  }

  private void signalMsi(Operation op, Reply reply) {
    Msi msi =
        new Msi(
            op.u32("lo", messageAddress),
            op.u32("hi", 0),
            op.u32("data"),
            op.u32("flags", 0),
            op.u32("devid", 0));
    reply.ret(machines.vm(op).signalMsi(msi));
  }
}
