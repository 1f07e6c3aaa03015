/** The KVM-VFIO device: group attributes and explicit forwarding. */
@NullMarked
package org.irqbypass.legacy;

import org.jspecify.annotations.NullMarked;
