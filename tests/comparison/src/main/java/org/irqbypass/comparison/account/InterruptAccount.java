package org.irqbypass.comparison.account;

import org.jspecify.annotations.Nullable;

/**
 * What became of one interrupt's raises. {@code raised} is the sum of untriggered, coalesced,
 * masked, lost and those of {@code delivered} that are no duplicates or repetitions of a level.
 *
 * @param interrupt which
 * @param level whether it is a line
 * @param raised how often the device asserted it
 * @param untriggered raised while it had no trigger or its index was off
 * @param coalesced raised while an earlier one had not been taken
 * @param masked raised and masked to the end
 * @param delivered taken by a guest
 * @param bypassed raised while bypass was in force
 * @param lost raised, not accounted for above, and never delivered afterwards
 * @param duplicated delivered more often than raised, or with the line low
 * @param misdirected delivered by an entry that the guest had replaced
 * @param window raised while bypass was possible and not in force
 * @param bypassedSince the step at which bypass was first in force; null if it never was
 * @param bypassable whether both its ends were ever there, on a host that can bypass it
 * @param bypassedAtEnd whether it was in force when both its ends were last there, before userspace
 *     itself took it down for the teardown
 */
public record InterruptAccount(
    Interrupt interrupt,
    boolean level,
    int raised,
    int untriggered,
    int coalesced,
    int masked,
    int delivered,
    int bypassed,
    int lost,
    int duplicated,
    int misdirected,
    int window,
    @Nullable Integer bypassedSince,
    boolean bypassable,
    boolean bypassedAtEnd) {}
