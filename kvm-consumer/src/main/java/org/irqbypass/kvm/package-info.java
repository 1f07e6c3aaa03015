/** Virtual machines: vCPUs, interrupt routing, and irqfds as consumers. */
@NullMarked
package org.irqbypass.kvm;

import org.jspecify.annotations.NullMarked;
