package org.irqbypass.kvm.arm64;

/**
 * A command that the guest gives its ITS ({@code GITS_CMD_*}). Devices, events, collections and
 * LPIs are named by number; one that does not exist makes the ITS ignore the command.
 */
public sealed interface ItsCommand {
  /**
   * Makes or drops a device's translations. A device that is there starts anew.
   *
   * @param devid which device
   * @param eventBits how many bits its events have, 1 to 32
   * @param valid false to drop it
   */
  record Mapd(int devid, int eventBits, boolean valid) implements ItsCommand {}

  /**
   * Sends a collection to a vCPU.
   *
   * @param collection which collection
   * @param vcpu the vCPU's place among the VM's, from 0
   * @param valid false to take the collection away
   */
  record Mapc(int collection, int vcpu, boolean valid) implements ItsCommand {}

  /**
   * Translates an event to an LPI.
   *
   * @param devid which device
   * @param event which of its events
   * @param lpi 8192 or more
   * @param collection decides to which vCPU it goes
   */
  record Mapti(int devid, int event, int lpi, int collection) implements ItsCommand {}

  /**
   * Translates an event to the LPI of the same number.
   *
   * @param devid which device
   * @param event which of its events, 8192 or more
   * @param collection decides to which vCPU it goes
   */
  record Mapi(int devid, int event, int collection) implements ItsCommand {}

  /**
   * Moves an event's LPI to another collection, and with it what is pending.
   *
   * @param devid which device
   * @param event which of its events
   * @param collection is mapped to a vCPU
   */
  record Movi(int devid, int event, int collection) implements ItsCommand {}

  /**
   * Drops an event's translation.
   *
   * @param devid which device
   * @param event which of its events
   */
  record Discard(int devid, int event) implements ItsCommand {}

  /**
   * Makes an event's LPI pending, as its device would.
   *
   * @param devid which device
   * @param event which of its events
   */
  record Int(int devid, int event) implements ItsCommand {}

  /**
   * Makes an event's LPI not pending.
   *
   * @param devid which device
   * @param event which of its events
   */
  record Clear(int devid, int event) implements ItsCommand {}

  /**
   * Puts an LPI's properties into force.
   *
   * @param devid which device
   * @param event which of its events
   */
  record Inv(int devid, int event) implements ItsCommand {}

  /**
   * Puts the properties of all LPIs into force that go where a collection goes.
   *
   * @param collection is mapped to a vCPU
   */
  record Invall(int collection) implements ItsCommand {}

  /**
   * Moves all LPIs of one vCPU to another.
   *
   * @param from the vCPU's place among the VM's, from 0
   * @param to the other's
   */
  record Movall(int from, int to) implements ItsCommand {}

  /** Waits until earlier commands have taken effect, which they have. */
  record Sync() implements ItsCommand {}
}
