package org.irqbypass.comparison.contender;

import com.google.common.collect.ImmutableList;
import org.irqbypass.comparison.account.Interrupt;
import org.jspecify.annotations.Nullable;

/**
 * What {@code automatic-linux} did with one interrupt: paired it with a guest's, or tried to.
 *
 * @param interrupt the device's
 * @param binding the guest's
 * @param setUp the step that set up signalling
 * @param met the step at which the two met
 * @param refused whether they could not be paired
 * @param route what the guest's interrupt was when they met; null if it had no route
 * @param undone the step that took them apart; null if none did
 * @param rerouted the steps that changed the route under the pairing
 */
public record Pairing(
    Interrupt interrupt,
    Binding binding,
    int setUp,
    int met,
    boolean refused,
    @Nullable String route,
    @Nullable Integer undone,
    ImmutableList<Integer> rerouted) {}
