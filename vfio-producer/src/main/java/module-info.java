/** VFIO devices, which register producers. */
module org.irqbypass.vfio {
  requires transitive org.irqbypass.registry;
  requires static transitive java.compiler; // names @Generated, which Dagger writes
  requires static transitive dagger;
  requires static transitive jakarta.inject;
  requires static transitive org.jspecify;
  requires transitive com.google.common;

  exports org.irqbypass.vfio;
  exports org.irqbypass.vfio.pci;
  exports org.irqbypass.vfio.platform;
}
