/** The posted-interrupt descriptor: what hardware writes while the vCPU takes. */
@NullMarked
package org.irqbypass.concurrency.posted;

import org.jspecify.annotations.NullMarked;
