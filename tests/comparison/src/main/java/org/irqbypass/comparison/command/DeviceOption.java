package org.irqbypass.comparison.command;

import com.google.common.collect.ImmutableMap;
import java.util.ArrayList;
import java.util.List;
import org.irqbypass.scenario.DeviceDescription;
import org.irqbypass.scenario.InputException;
import org.irqbypass.scenario.NamedDevice;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Option;
import picocli.CommandLine.TypeConversionException;

/** Which devices there are, for the commands that run something. */
final class DeviceOption {
  @Option(
      names = "--device",
      paramLabel = "NAME=DESCRIPTION",
      description = {
        "A device that is not described, or not so: how many interrupts each index has, such as"
            + " nic=intx:1,msi:16,msix:0,err:1,req:1,reset:true (what is left out is 0, false;"
            + " err:none is no PCIe device; msiAllocatable:1 if the host allocates no more MSIs"
            + " at once), or a platform device's triggers, one an interrupt, such as"
            + " rtc=platform:level,platform:edge,amba:true,reset:true. May be given several times."
      },
      converter = Converter.class)
  private List<NamedDevice> devices = new ArrayList<>();

  DeviceOption() {}

  /** The devices by name; of several descriptions of one the last holds. */
  ImmutableMap<String, DeviceDescription> described() {
    ImmutableMap.Builder<String, DeviceDescription> described = ImmutableMap.builder();
    devices.forEach(device -> described.put(device.name(), device.description()));
    return described.buildKeepingLast();
  }

  /** Reads a device's name and description. */
  static final class Converter implements ITypeConverter<NamedDevice> {
    Converter() {}

    @Override
    public NamedDevice convert(String value) {
      try {
        return NamedDevice.parse(value);
      } catch (InputException wrong) {
        throw new TypeConversionException(wrong.getMessage());
      }
    }
  }
}
