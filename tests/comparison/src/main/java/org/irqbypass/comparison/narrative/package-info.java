/** What happened in a run, told for people: arrows between those who took part. */
@NullMarked
package org.irqbypass.comparison.narrative;

import org.jspecify.annotations.NullMarked;
