/** The account of interrupts: what a run did, counted in the words of the comparison. */
@NullMarked
package org.irqbypass.comparison.account;

import org.jspecify.annotations.NullMarked;
