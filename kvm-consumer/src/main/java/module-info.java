/** Virtual machines, which register consumers. */
module org.irqbypass.kvm {
  requires transitive org.irqbypass.registry;
  requires static transitive java.compiler; // names @Generated, which Dagger writes
  requires static transitive dagger;
  requires static transitive jakarta.inject;
  requires static transitive org.jspecify;
  requires transitive com.google.common;

  exports org.irqbypass.kvm;
  exports org.irqbypass.kvm.arm64;
  exports org.irqbypass.kvm.x86;
}
