/** The command that measures, and prints what was measured beside what it is measured against. */
@NullMarked
package org.irqbypass.benchmarks;

import org.jspecify.annotations.NullMarked;
