package org.irqbypass.comparison.report.chart;

import org.irqbypass.comparison.account.Account;
import org.irqbypass.comparison.contender.Contender;
import org.irqbypass.comparison.cost.Timeline;

/**
 * What charts show of one contender's run.
 *
 * @param contender who
 * @param account what was counted
 * @param timeline the run in modelled time
 */
public record ChartedRun(Contender contender, Account account, Timeline timeline) {}
