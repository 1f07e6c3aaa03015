package org.irqbypass.live;

import com.google.common.collect.ImmutableMap;
import org.irqbypass.scenario.Operation;

/** How the kernel performs one kind of operation. */
@FunctionalInterface
interface Performance {
  /**
   * Performs an operation.
   *
   * @param operation of the kind
   * @param out what the call returns besides its result goes there; kept if it fails afterwards
   * @return the result, descriptors normalised to 0
   * @throws SystemCallException if the kernel refused
   */
  long perform(Operation operation, ImmutableMap.Builder<String, Object> out)
      throws SystemCallException;
}
