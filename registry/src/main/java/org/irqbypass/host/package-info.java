/** The host: its interrupts, and what can post or forward them. */
@NullMarked
package org.irqbypass.host;

import org.jspecify.annotations.NullMarked;
