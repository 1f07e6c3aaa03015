/** A run, written down for the tools that people have: trace viewers, diagrams, programs. */
@NullMarked
package org.irqbypass.comparison.export;

import org.jspecify.annotations.NullMarked;
