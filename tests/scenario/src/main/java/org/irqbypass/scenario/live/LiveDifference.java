package org.irqbypass.scenario.live;

import org.jspecify.annotations.Nullable;

/**
 * One operation of a recording that was answered in two ways. Immutable.
 *
 * @param caseName its case
 * @param step its number in the case
 * @param live what was done, and what the kernel and the model answered
 * @param recorded what was answered when it was recorded; null where that cannot be compared
 */
public record LiveDifference(String caseName, int step, Step live, @Nullable Answer recorded) {}
