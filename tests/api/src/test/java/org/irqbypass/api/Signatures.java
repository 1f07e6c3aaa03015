package org.irqbypass.api;

import static com.google.common.collect.ImmutableSet.toImmutableSet;

import com.google.common.collect.ImmutableSet;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.time.LocalDateTime;
import java.util.ArrayDeque;
import java.util.Arrays;
import java.util.Deque;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.jar.JarEntry;
import java.util.jar.JarOutputStream;
import java.util.zip.Deflater;
import javassist.bytecode.AccessFlag;
import javassist.bytecode.AnnotationsAttribute;
import javassist.bytecode.AttributeInfo;
import javassist.bytecode.ClassFile;

/**
 * What a caller can compile against, and no more: class files without code, of the public types,
 * their public and protected members, and the types that those inherit from. A jar of these is the
 * baseline that japicmp compares with.
 */
final class Signatures {
  private static final String WRITTEN_BY_DAGGER = "dagger.internal.DaggerGenerated";
  private static final ImmutableSet<String> KEPT_OF_TYPES =
      ImmutableSet.of("Signature", "InnerClasses", "Record", "PermittedSubclasses", "Deprecated");
  private static final ImmutableSet<String> KEPT_OF_MEMBERS =
      ImmutableSet.of(
          "Signature", "Exceptions", "ConstantValue", "AnnotationDefault", "Deprecated");

  private final Map<String, ClassFile> types;

  private Signatures(Map<String, ClassFile> types) {
    this.types = types;
  }

  /** The signatures of what the class files, by path, offer. */
  static Signatures of(Map<String, byte[]> classFiles) {
    Map<String, ClassFile> all = new TreeMap<>();
    classFiles.forEach(
        (path, bytes) -> {
          if (!path.endsWith("-info.class")) {
            ClassFile type = read(bytes);
            all.put(type.getName(), type);
          }
        });
    Set<String> offered = new HashSet<>();
    Deque<String> next =
        new ArrayDeque<>(all.keySet().stream().filter(n -> isOffered(n, all)).toList());
    while (!next.isEmpty()) {
      ClassFile type = all.get(next.remove());
      if (type != null && offered.add(type.getName())) {
        next.add(type.getSuperclass());
        next.addAll(Arrays.asList(type.getInterfaces()));
      }
    }
    all.keySet().retainAll(offered);
    all.values().forEach(Signatures::strip);
    return new Signatures(all);
  }

  /** Whether a caller outside can name the type. */
  private static boolean isOffered(String name, Map<String, ClassFile> all) {
    ClassFile type = all.get(name);
    if (type == null || !AccessFlag.isPublic(type.getAccessFlags()) || isWrittenByDagger(type)) {
      return false;
    }
    int nested = name.lastIndexOf('$');
    return nested < 0 || isOffered(name.substring(0, nested), all);
  }

  private static boolean isWrittenByDagger(ClassFile type) {
    return type.getAttribute(AnnotationsAttribute.invisibleTag)
            instanceof AnnotationsAttribute annotations
        && annotations.getAnnotation(WRITTEN_BY_DAGGER) != null;
  }

  private static void strip(ClassFile type) {
    type.getFields().removeIf(field -> isHidden(field.getAccessFlags()));
    type.getMethods().removeIf(method -> isHidden(method.getAccessFlags()));
    retain(type.getAttributes(), KEPT_OF_TYPES);
    type.getFields().forEach(field -> retain(field.getAttributes(), KEPT_OF_MEMBERS));
    type.getMethods().forEach(method -> retain(method.getAttributes(), KEPT_OF_MEMBERS));
    type.compact();
  }

  private static boolean isHidden(int access) {
    boolean isBridge = (access & AccessFlag.BRIDGE) != 0;
    boolean isSynthetic = (access & AccessFlag.SYNTHETIC) != 0;
    return (!AccessFlag.isPublic(access) && !AccessFlag.isProtected(access))
        || (isSynthetic && !isBridge);
  }

  private static void retain(List<AttributeInfo> attributes, Set<String> kept) {
    attributes.removeIf(attribute -> !kept.contains(attribute.getName()));
  }

  /** The types' names. */
  ImmutableSet<String> types() {
    return types.keySet().stream().collect(toImmutableSet());
  }

  /** How many types, methods, constructors and fields there are. */
  int count() {
    return types.values().stream()
        .mapToInt(type -> 1 + type.getFields().size() + type.getMethods().size())
        .sum();
  }

  /** As a jar, the same bytes for the same signatures. */
  byte[] toJar() {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream();
    try (JarOutputStream jar = new JarOutputStream(bytes)) {
      jar.setLevel(Deflater.NO_COMPRESSION); // who keeps it compresses it as a whole
      for (ClassFile type : types.values()) {
        JarEntry entry = new JarEntry(type.getName().replace('.', '/') + ".class");
        entry.setTimeLocal(LocalDateTime.of(1980, 1, 1, 0, 0));
        jar.putNextEntry(entry);
        type.write(new DataOutputStream(jar));
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static ClassFile read(byte[] bytes) {
    try {
      return new ClassFile(new DataInputStream(new ByteArrayInputStream(bytes)));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
