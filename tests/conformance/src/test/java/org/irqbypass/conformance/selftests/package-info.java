/**
 * What the kernel's own tests of irqfds, of device interrupts and of VFIO assert, written anew
 * (semantics 10) and held against the library, under the kernels and on the hosts they apply to.
 */
@NullMarked
package org.irqbypass.conformance.selftests;

import org.jspecify.annotations.NullMarked;
