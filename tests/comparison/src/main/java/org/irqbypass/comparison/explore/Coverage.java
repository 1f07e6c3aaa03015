package org.irqbypass.comparison.explore;

import com.google.common.collect.ImmutableList;

/**
 * How much was explored.
 *
 * @param complete whether every order was, with nothing left out
 * @param schedules how often the scenario was run from its beginning
 * @param states how many distinct states were seen
 * @param steps how many steps led from one to another
 * @param inferred how many of these were known without being taken, because two steps that touch
 *     nothing in common can change places
 * @param unexplored states that were seen and not gone on from
 * @param share which part of all orders was explored, 0 to 1, where at each state every next step
 *     counts the same
 * @param walks how many orders were drawn at random beyond that
 * @param notExplored what was left out and why, in sentences; empty if nothing
 */
public record Coverage(
    boolean complete,
    long schedules,
    long states,
    long steps,
    long inferred,
    long unexplored,
    double share,
    long walks,
    ImmutableList<String> notExplored) {}
