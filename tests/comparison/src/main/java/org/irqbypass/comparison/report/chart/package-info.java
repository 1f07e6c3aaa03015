/** The charts of the report. */
@NullMarked
package org.irqbypass.comparison.report.chart;

import org.jspecify.annotations.NullMarked;
