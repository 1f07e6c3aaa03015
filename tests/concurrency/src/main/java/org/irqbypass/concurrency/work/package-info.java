/** Deferred work, queued while it runs. */
@NullMarked
package org.irqbypass.concurrency.work;

import org.jspecify.annotations.NullMarked;
