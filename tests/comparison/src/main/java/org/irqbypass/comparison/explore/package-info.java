/**
 * Every order in which the actors of a scenario can take their steps: which of them end bypassed,
 * which break a promise, and the shortest way there. Runs the real library, again and again, each
 * time on a new host.
 */
@NullMarked
package org.irqbypass.comparison.explore;

import org.jspecify.annotations.NullMarked;
