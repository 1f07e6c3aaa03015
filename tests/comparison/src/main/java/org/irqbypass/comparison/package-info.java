/** The command line, the explorer and the report. */
@NullMarked
package org.irqbypass.comparison;

import org.jspecify.annotations.NullMarked;
