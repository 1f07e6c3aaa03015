/** The KVM-VFIO device, the only room that knows both sides. */
module org.irqbypass.legacy {
  requires transitive org.irqbypass.kvm;
  requires transitive org.irqbypass.vfio;
  requires static transitive java.compiler; // names @Generated, which Dagger writes
  requires static transitive dagger;
  requires static transitive jakarta.inject;
  requires static transitive org.jspecify;
  requires transitive com.google.common;

  exports org.irqbypass.legacy;
}
