/** What a host looks like at one moment, in words, and what changed from one moment to the next. */
@NullMarked
package org.irqbypass.comparison.snapshot;

import org.jspecify.annotations.NullMarked;
