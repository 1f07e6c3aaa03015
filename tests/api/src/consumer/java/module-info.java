/** A simulated hypervisor that somebody else builds on the library. */
module org.example.hypervisor {
  requires org.irqbypass.legacy; // and with it all that is below
}
