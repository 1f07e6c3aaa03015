/**
 * What must hold when something fails: every fault point of every operation failed in turn, the
 * order in which locks are taken, callbacks that call the registry, and everything closed at once.
 */
@NullMarked
package org.irqbypass.faults;

import org.jspecify.annotations.NullMarked;
