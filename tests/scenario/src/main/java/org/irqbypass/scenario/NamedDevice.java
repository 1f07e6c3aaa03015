package org.irqbypass.scenario;

/**
 * A device described apart from any scenario and recording. Immutable.
 *
 * @param name by which operations know it
 * @param description what it has
 */
public record NamedDevice(String name, DeviceDescription description) {
  /**
   * Reads a name and a description.
   *
   * @param text such as {@code nic=intx:1,msi:16,msix:0,err:1,req:1,reset:true}
   * @return the device
   * @throws InputException if it is none, with what was expected
   * @see DeviceDescription#parse
   */
  public static NamedDevice parse(String text) {
    int equals = text.indexOf('=');
    String name = equals < 0 ? text : text.substring(0, equals);
    Position position = new Position(InputException.quote(text), 0, 0);
    Devices.checkName(name, position);
    if (equals < 0) {
      throw new InputException(position, "there is no =, expected NAME=DESCRIPTION");
    }
    return new NamedDevice(name, DeviceDescription.parse(text.substring(equals + 1)));
  }
}
