/** Tests of VMs, routing, irqfds and consumers, on x86 guests. */
@NullMarked
package org.irqbypass.kvm;

import org.jspecify.annotations.NullMarked;
