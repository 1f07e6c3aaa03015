package org.irqbypass.scenario.live;

import com.google.common.collect.ImmutableList;

/**
 * What it came to when random sequences were performed on a kernel that runs. Immutable.
 *
 * @param cases how many sequences were performed
 * @param operations how many operations kernel and model both answered, shrinking not counted
 * @param differing how many sequences they did not answer alike
 * @param findings the first of them, shrunk
 */
public record FuzzReport(
    int cases, int operations, int differing, ImmutableList<FuzzFinding> findings) {}
