package org.irqbypass.conformance;

import static com.google.common.collect.ImmutableSortedSet.toImmutableSortedSet;
import static com.google.common.truth.Truth.assertWithMessage;

import com.google.common.collect.ImmutableMap;
import com.google.common.collect.ImmutableSortedSet;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaCodeUnit;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaMethod;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import java.util.ArrayDeque;
import java.util.BitSet;
import java.util.Collection;
import java.util.Comparator;
import java.util.Deque;
import java.util.HashSet;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Stream;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.junit.jupiter.api.DisplayName;
import org.junit.jupiter.api.Test;

/**
 * What a fingerprint leaves out, an explorer takes for the same state, and never plays what comes
 * after. So each field that may change is read for it, or stands here with why it need not be.
 */
final class FingerprintsTest {
  private static final String ROOT = "org.irqbypass.";
  private static final String WRITE = "writeTo";

  /** Fields that no fingerprint reads, and what makes up for it. */
  private static final ImmutableMap<String, String> SEEN_OTHERWISE =
      ImmutableMap.<String, String>builder()
          .put("host.HostIrq.handled", "counts, and nothing asks for it")
          .put(
              "host.HostIrq.handling",
              "its thread stands in the handler, and the state says that somebody does")
          .put("host.HostIrq.idleListener", "set while its owner is made")
          .put("host.HostIrq.posted", "counts, and nothing asks for it")
          .put("kvm.Irqfd.gone", "what is gone is not reached any more")
          .put("kvm.Irqfd.nextOfGsi", "all irqfds are written, with their gsi")
          .put("kvm.Irqfd.offered", "its consumer is registered")
          .put("kvm.Irqfd.previousOfGsi", "all irqfds are written, with their gsi")
          .put("kvm.Irqfd.resamplerNode", "it has a resampler")
          .put("kvm.Irqfd.shuttingDown", "its shutdown runs")
          .put("kvm.Vcpu.listener", "who listens does not change what happens")
          .put("kvm.Vm.closers", "who wants to be told shows what for")
          .put(
              "kvm.VmConsumer.refusedReason",
              "it becomes the side's standing before the registry's lock is free")
          .put("kvm.arm64.ListRegisters.irqs", "the registers' values name them")
          .put("kvm.arm64.ListRegisters.used", "the registers' values show it")
          .put("kvm.arm64.Vgic.handedOver", "false whenever the vGIC's lock is free")
          .put("kvm.arm64.VgicCpu.gained", "false once a call has returned")
          .put("kvm.arm64.VgicCpu.last", "the end of the list, which is written")
          .put("kvm.arm64.VgicIrq.next", "the list is written in its order")
          .put("kvm.arm64.VgicIrq.previous", "the list is written in its order")
          .put("kvm.arm64.VgicIrq.register", "the list registers are written")
          .put("kvm.x86.X86Vm.map", "made from the local APICs, which are written")
          .put("registry.BypassToken.owner", "a lock; who holds it stands in a call")
          .put("scenario.RegistryOperations.calls", "what one operation tells; emptied by the next")
          .put("scenario.RegistryOperations.irq", "made once, for any")
          .put("scenario.RegistryOperations.tokens", "they tell of themselves once a side has them")
          .put("scenario.Runner.events", "what one operation tells; emptied by the next")
          .put("scenario.Runner.handlers", "filled once, when it is made")
          .put("vfio.VfioDevice.whenClosed", "who wants to be told shows what for")
          .put("vfio.VfioGroup.devices", "filled when the host is set up")
          .put("vfio.WiredInterrupt.signalling", "a thread that stands in a call")
          .put("vfio.pci.PciFunction.whenReset", "set while its driver is made")
          .put("work.DeterministicWorkQueue.elsewhere", "set before the first step")
          .put("work.DeterministicWorkQueue.observer", "who listens does not change what happens")
          .put("work.DeterministicWorkQueue.waiter", "set before the first step")
          .buildOrThrow();

  private final JavaClasses classes =
      new ClassFileImporter()
          .withImportOption(new ImportOption.DoNotIncludeTests())
          .importPackages("org.irqbypass");

  @Test
  @DisplayName(
      "every field that may change is in the fingerprint, or what it says is there already")
  void everyField() {
    assertWithMessage("fields without a part in their fingerprint")
        .that(unread())
        .containsExactlyElementsIn(SEEN_OTHERWISE.keySet());
  }

  private ImmutableSortedSet<String> unread() {
    return classes.stream()
        .filter(type -> type.isAssignableTo(Fingerprinted.class))
        .filter(type -> !type.isInterface() && !type.isRecord())
        .filter(type -> !type.getName().startsWith(ROOT + "comparison")) // which keeps accounts
        .flatMap(FingerprintsTest::unread)
        .collect(toImmutableSortedSet(Comparator.naturalOrder()));
  }

  private static Stream<String> unread(JavaClass type) {
    Set<String> read = readFor(type);
    return type.getFields().stream()
        .filter(FingerprintsTest::mayChange)
        .map(JavaField::getFullName)
        .filter(field -> !read.contains(field))
        .map(field -> field.substring(ROOT.length()));
  }

  private static boolean mayChange(JavaField field) {
    Set<JavaModifier> modifiers = field.getModifiers();
    if (modifiers.contains(JavaModifier.STATIC) || modifiers.contains(JavaModifier.SYNTHETIC)) {
      return false;
    }
    JavaClass type = field.getRawType();
    boolean holdsOthers =
        type.isArray()
            || type.isAssignableTo(Collection.class)
            || type.isAssignableTo(Map.class)
            || type.isAssignableTo(BitSet.class)
            || type.getPackageName().equals("java.util.concurrent.atomic");
    boolean immutable = type.getName().startsWith("com.google.common.collect.Immutable");
    return !modifiers.contains(JavaModifier.FINAL) || (holdsOthers && !immutable);
  }

  /** Every field that the fingerprint of a class, or what that calls, reads. */
  private static Set<String> readFor(JavaClass type) {
    Set<String> read = new HashSet<>();
    Set<JavaCodeUnit> seen = new HashSet<>();
    Deque<JavaCodeUnit> reached = new ArrayDeque<>();
    type.getAllMethods().stream()
        .filter(method -> method.getName().equals(WRITE))
        .filter(
            method ->
                method.getRawParameterTypes().size() == 1
                    && method.getRawParameterTypes().get(0).isEquivalentTo(FingerprintSink.class))
        .forEach(reached::add);
    for (JavaCodeUnit unit = reached.poll(); unit != null; unit = reached.poll()) {
      if (!seen.add(unit) || !unit.getOwner().getPackageName().startsWith("org.irqbypass")) {
        continue;
      }
      unit.getFieldAccesses().forEach(access -> read.add(access.getTarget().getFullName()));
      Stream.concat(
              unit.getMethodCallsFromSelf().stream().map(call -> call.getTarget().resolveMember()),
              unit.getMethodReferencesFromSelf().stream()
                  .map(reference -> reference.getTarget().resolveMember()))
          .flatMap(Optional::stream)
          .flatMap(method -> Stream.concat(Stream.of(method), ownOf(type, method)))
          .forEach(reached::add);
    }
    return read;
  }

  /** Where a class overrides what is called. */
  private static Stream<JavaMethod> ownOf(JavaClass type, JavaMethod called) {
    String[] parameters =
        called.getRawParameterTypes().stream().map(JavaClass::getName).toArray(String[]::new);
    return type.isAssignableTo(called.getOwner().getName())
        ? type.tryGetMethod(called.getName(), parameters).stream()
        : Stream.of();
  }
}
