/** The x86 guest: local APIC, IOAPIC, PIC, posted interrupts. */
@NullMarked
package org.irqbypass.kvm.x86;

import org.jspecify.annotations.NullMarked;
