package org.irqbypass.comparison.narrative;

import com.google.common.collect.ImmutableList;

/**
 * A part of a run, as a sequence diagram.
 *
 * @param name the mark it begins with
 * @param messages its arrows
 * @param tally what happened, in numbers
 */
public record Phase(String name, ImmutableList<Message> messages, Tally tally) {}
