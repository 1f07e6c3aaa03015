package org.irqbypass.vfio.pci;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.vfio.VfioHost.assertErrno;

import org.irqbypass.errno.Errno;
import org.irqbypass.vfio.VfioHost;
import org.junit.jupiter.api.Test;

/** Of configuration space, the command register and the interrupt status, at any width. */
class ConfigSpaceTest {
  private static final int ENABLED = PciFunction.COMMAND_ENABLED | PciFunction.COMMAND_MASTER;

  private final VfioHost host = VfioHost.remapped();
  private final PciFunction function = host.function().build();
  private final VfioPciDevice nic = host.open(function);

  @Test
  void aReadSeesTheBytesItCovers() {
    function.assertIntx(true);
    int statusAndCommand = 0x0008_0000 | ENABLED;
    assertThat(nic.readConfig(4, 4)).isEqualTo(statusAndCommand);
    assertThat(nic.readConfig(4, 2)).isEqualTo(ENABLED);
    assertThat(nic.readConfig(4, 1)).isEqualTo(ENABLED & 0xff);
    assertThat(nic.readConfig(5, 1)).isEqualTo(ENABLED >> 8);
    assertThat(nic.readConfig(6, 2)).isEqualTo(8);
    assertThat(nic.readConfig(6, 1)).isEqualTo(8);
    assertThat(nic.readConfig(7, 1)).isEqualTo(0);
    assertThat(nic.readConfig(2, 4)).isEqualTo(ENABLED << 16);
    assertThat(nic.readConfig(3, 2)).isEqualTo((ENABLED & 0xff) << 8);
    assertThat(nic.readConfig(1, 2)).isEqualTo(0);
    assertThat(nic.readConfig(1, 4)).isEqualTo(ENABLED << 24);
    assertThat(nic.readConfig(0, 4)).isEqualTo(0);
    assertThat(nic.readConfig(8, 4)).isEqualTo(0);
    assertThat(nic.readConfig(12, 4)).isEqualTo(0);
    function.assertIntx(false);
    assertThat(nic.readConfig(4, 4)).isEqualTo(ENABLED);
  }

  @Test
  void aWriteChangesTheBytesItCovers() {
    int disIntx = PciFunction.COMMAND_INTX_DISABLE;
    nic.writeConfig(4, 1, disIntx | 0x03);
    assertThat(nic.readConfig(4, 2)).isEqualTo(0x103);
    nic.writeConfig(5, 1, disIntx >> 8);
    assertThat(nic.readConfig(4, 2)).isEqualTo(disIntx | 0x03);
    nic.writeConfig(3, 2, ENABLED << 8);
    assertThat(nic.readConfig(4, 2)).isEqualTo(disIntx | (ENABLED & 0xff));
    nic.writeConfig(5, 4, 1);
    assertThat(nic.readConfig(4, 2)).isEqualTo(ENABLED);
    nic.writeConfig(0, 4, -1);
    nic.writeConfig(6, 2, -1);
    assertThat(nic.readConfig(4, 4)).isEqualTo(ENABLED);
  }

  @Test
  void otherWidthsAndPlacesAreInvalid() {
    for (int size : new int[] {-1, 0, 3, 5, 8}) {
      assertErrno(Errno.EINVAL, () -> nic.readConfig(4, size));
      assertErrno(Errno.EINVAL, () -> nic.writeConfig(4, size, 0));
    }
    assertErrno(Errno.EINVAL, () -> nic.readConfig(-1, 4));
    assertErrno(Errno.EINVAL, () -> nic.writeConfig(-4, 4, 0));
    assertThat(nic.readConfig(0, 1)).isEqualTo(0);
    assertThat(nic.readConfig(4, 2)).isEqualTo(ENABLED);
  }
}
