/** Tests of the x86 guest's interrupt controllers and of posting. */
@NullMarked
package org.irqbypass.kvm.x86;

import org.jspecify.annotations.NullMarked;
