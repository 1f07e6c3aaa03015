/** The bypass registry and the ground it stands on. */
module org.irqbypass.registry {
  requires static transitive java.compiler; // names @Generated, which Dagger writes
  requires static transitive dagger;
  requires static transitive jakarta.inject;
  requires static transitive org.jspecify;
  requires static jdk.jfr; // only who records needs it
  requires transitive com.google.common;

  exports org.irqbypass.assembly;
  exports org.irqbypass.errno;
  exports org.irqbypass.eventfd;
  exports org.irqbypass.host;
  exports org.irqbypass.registry;
  exports org.irqbypass.trace;
  exports org.irqbypass.trace.jfr;
  exports org.irqbypass.work;
}
