package org.irqbypass.eventfd;

/** An open file that is nothing this library models: neither an eventfd nor VFIO's nor KVM's. */
public final class AnonymousFile extends OpenFile {
  /** Opens it. */
  public AnonymousFile() {}

  @Override
  protected void release() {}
}
