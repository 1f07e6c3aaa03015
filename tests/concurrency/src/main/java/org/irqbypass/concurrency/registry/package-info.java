/** The registry's sides: their status, their claims, a retry. */
@NullMarked
package org.irqbypass.concurrency.registry;

import org.jspecify.annotations.NullMarked;
