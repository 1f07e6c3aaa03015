package org.irqbypass.comparison.demo;

import com.google.common.collect.ImmutableSet;
import org.irqbypass.comparison.account.Account;
import org.irqbypass.comparison.snapshot.Snapshot;
import org.irqbypass.scenario.Execution;
import org.jspecify.annotations.Nullable;

/**
 * One step of one contender's run, as it is shown.
 *
 * @param step what was run
 * @param added whether the contender added it to the scenario's own
 * @param why what asked for it, if it did
 * @param caption what it is and what it came to, in a sentence
 * @param host the host after it
 * @param changed the names of the interrupts and vCPUs that it changed
 * @param counts the account up to here: what was not delivered yet counts as lost there
 */
record Frame(
    Execution.Step step,
    boolean added,
    @Nullable String why,
    String caption,
    Snapshot host,
    ImmutableSet<String> changed,
    Account counts) {}
