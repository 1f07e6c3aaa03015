/** Figures, what they are measured against, and how both are written down. */
@NullMarked
package org.irqbypass.benchmarks.table;

import org.jspecify.annotations.NullMarked;
