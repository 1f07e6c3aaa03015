/** The Arm guest: vGIC with list registers, ITS, virtual LPIs. */
@NullMarked
package org.irqbypass.kvm.arm64;

import org.jspecify.annotations.NullMarked;
