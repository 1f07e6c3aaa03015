/** The report: what the contenders did, as text, as JSON and as a page that stands alone. */
@NullMarked
package org.irqbypass.comparison.report;

import org.jspecify.annotations.NullMarked;
