/** Deferred work, time and waiting, all handed in by the caller. */
@NullMarked
package org.irqbypass.work;

import org.jspecify.annotations.NullMarked;
