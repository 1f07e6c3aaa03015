package org.irqbypass.comparison.storm;

import com.fasterxml.jackson.annotation.JsonIgnore;
import com.google.common.collect.ImmutableList;

/**
 * What a storm came to.
 *
 * @param irqfds how many were made, and as many producers
 * @param machines of how many machines, each with a thread of its own
 * @param connected how many of them were paired when all were there
 * @param left how many sides were registered when all had been taken apart
 * @param waits how long they waited in modelled time, one for each way to make a registry
 */
public record StormResult(
    int irqfds, int machines, int connected, int left, ImmutableList<Waits> waits) {
  /** Whether all were paired, and none was left. */
  @JsonIgnore
  public boolean isWhole() {
    return connected == irqfds && left == 0;
  }
}
