package org.irqbypass.scenario.live;

import com.google.common.collect.ImmutableList;

/**
 * A random sequence on which kernel and model differ. Immutable.
 *
 * @param number which sequence of its seed
 * @param steps the shortest sequence found that shows it; the last one differs
 */
public record FuzzFinding(int number, ImmutableList<Step> steps) {}
