package org.irqbypass.live;

import com.google.common.collect.ImmutableMap;
import com.sun.jna.Native;
import com.sun.jna.Pointer;
import java.lang.ref.Reference;
import java.nio.ByteBuffer;
import java.util.Map;
import org.irqbypass.scenario.DeviceAttribute;
import org.irqbypass.scenario.Operation;

/** The KVM device API: {@code kv.*}. */
final class KvmDeviceCalls {
  private static final int TYPE_VFIO = 4;
  private static final int CREATE_TEST = 1;

  private final OpenFiles files;

  KvmDeviceCalls(OpenFiles files) {
    this.files = files;
  }

  void addTo(Map<String, Performance> performances) {
    performances.put("kv.create", this::create);
    performances.put("kv.set", (op, out) -> attribute(op, out, Ioctl.KVM_SET_DEVICE_ATTR));
    performances.put("kv.get", (op, out) -> attribute(op, out, Ioctl.KVM_GET_DEVICE_ATTR));
    performances.put("kv.has", (op, out) -> attribute(op, out, Ioctl.KVM_HAS_DEVICE_ATTR));
    performances.put("kv.close", this::close);
  }

  private static String name(Operation op) {
    return "kv:" + op.text("kv");
  }

  private long create(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    int flags = op.u32("flags", 0) | (op.flag("test", false) ? CREATE_TEST : 0);
    ByteBuffer device = SystemCalls.buffer(12);
    device.putInt(0, op.u32("type", TYPE_VFIO)).putInt(8, flags);
    SystemCalls.ioctl(files.fd("vm:" + op.text("vm")), Ioctl.KVM_CREATE_DEVICE, device);
    if ((flags & CREATE_TEST) == 0) {
      files.bind(name(op), device.getInt(4));
    }
    return 0;
  }

  private long attribute(Operation op, ImmutableMap.Builder<String, Object> out, long request)
      throws SystemCallException {
    DeviceAttribute attribute = DeviceAttribute.of(op);
    out.put("group", attribute.group() & 0xffffffffL);
    out.put("attr", attribute.number());
    ByteBuffer payload = SystemCalls.buffer(Integer.BYTES);
    boolean given = op.has("fd") && !op.has("addr");
    if (given) {
      payload.putInt(0, files.fd(op.text("fd")));
    }
    ByteBuffer attr = SystemCalls.buffer(24).putInt(4, attribute.group());
    attr.putLong(8, attribute.number());
    attr.putLong(16, given ? Pointer.nativeValue(Native.getDirectBufferPointer(payload)) : 0);
    try {
      return SystemCalls.ioctl(files.fd(name(op)), request, attr);
    } finally {
      Reference.reachabilityFence(payload);
    }
  }

  private long close(Operation op, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException {
    files.close(name(op));
    return 0;
  }
}
