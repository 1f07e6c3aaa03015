/** What a run would cost: modelled time, apart from what was counted. */
@NullMarked
package org.irqbypass.comparison.cost;

import org.jspecify.annotations.NullMarked;
