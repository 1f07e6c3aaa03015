/**
 * A scenario at full size: irqfds of many machines made at the same time, and how long each waits
 * for the registry, by how the registry is made.
 */
@org.jspecify.annotations.NullMarked
package org.irqbypass.comparison.storm;
