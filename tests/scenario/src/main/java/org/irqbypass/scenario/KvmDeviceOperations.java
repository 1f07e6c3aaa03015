package org.irqbypass.scenario;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.List;
import java.util.Map;
import org.irqbypass.kvm.Kvm;
import org.irqbypass.kvm.KvmDevice;
import org.irqbypass.kvm.Vm;
import org.jspecify.annotations.Nullable;

/** The KVM device API as the KVM-VFIO device uses it: {@code kv.*}. */
final class KvmDeviceOperations {
  private static final int TYPE_VFIO = 4;
  private static final int CREATE_TEST = 1;

  /** The size of {@code kvm_vfio_dev_irq} without its gsi[]. */
  private static final int DEV_IRQ_SIZE = 20;

  private final Kvm kvm;
  private final Descriptors descriptors;
  private final VirtualMachines machines;

  KvmDeviceOperations(SimulatedHost host, VirtualMachines machines) {
    this.kvm = host.kvm();
    this.descriptors = host.descriptors();
    this.machines = machines;
  }

  void addTo(Map<String, OperationHandler> handlers) {
    handlers.put("kv.create", this::create);
    handlers.put("kv.set", this::set);
    handlers.put("kv.get", this::get);
    handlers.put("kv.has", this::has);
    handlers.put("kv.close", (op, reply) -> descriptors.close(name(op)));
  }

  private static String name(Operation op) {
    return "kv:" + op.text("kv");
  }

  private void create(Operation op, Reply reply) {
    Vm vm = machines.vm(op);
    int flags = op.u32("flags", 0) | (op.flag("test", false) ? CREATE_TEST : 0);
    int fd = vm.createDevice(op.u32("type", TYPE_VFIO), flags);
    if ((flags & CREATE_TEST) == 0) {
      descriptors.bind(name(op), fd);
    }
  }

  private void set(Operation op, Reply reply) {
    DeviceAttribute attribute = DeviceAttribute.of(op);
    at(op, attribute, reply).setAttr(attribute.group(), attribute.number(), payload(op));
  }

  private void get(Operation op, Reply reply) {
    DeviceAttribute attribute = DeviceAttribute.of(op);
    at(op, attribute, reply).getAttr(attribute.group(), attribute.number(), payload(op));
  }

  private void has(Operation op, Reply reply) {
    DeviceAttribute attribute = DeviceAttribute.of(op);
    at(op, attribute, reply).hasAttr(attribute.group(), attribute.number());
  }

  private KvmDevice at(Operation op, DeviceAttribute attribute, Reply reply) {
    reply.out("group", attribute.group() & 0xffffffffL).out("attr", attribute.number());
    return kvm.device(descriptors.fd(name(op)));
  }

  /** What the attribute's address points to; null where it points nowhere. */
  private @Nullable ByteBuffer payload(Operation op) {
    if (op.has("addr")) {
      return null;
    }
    if (op.has("dev")) {
      return deviceIrq(op);
    }
    return op.has("fd") ? buffer(Integer.BYTES).putInt(descriptors.fd(op.text("fd"))).flip() : null;
  }

  /** {@code struct kvm_vfio_dev_irq}. */
  private ByteBuffer deviceIrq(Operation op) {
    List<Long> gsis = op.integers("gsis");
    int count = op.u32("count", Math.max(1, gsis.size()));
    int size = DEV_IRQ_SIZE + Integer.BYTES * Math.max(gsis.size(), Math.min(count & 0xffff, 4096));
    ByteBuffer irq = buffer(size);
    irq.putInt(op.u32("argsz", size));
    irq.putInt(descriptors.fd(op.text("fd", "dev:" + op.text("dev"))));
    irq.putInt(IrqIndexName.of(op));
    irq.putInt(op.u32("start", 0));
    irq.putInt(count);
    gsis.forEach(gsi -> irq.putInt(gsi.intValue()));
    return irq.rewind();
  }

  private static ByteBuffer buffer(int size) {
    return ByteBuffer.allocate(size).order(ByteOrder.nativeOrder());
  }
}
