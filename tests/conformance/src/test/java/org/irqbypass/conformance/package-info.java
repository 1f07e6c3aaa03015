/** What a recorded kernel did and what the house rules say, held against this code. */
@NullMarked
package org.irqbypass.conformance;

import org.jspecify.annotations.NullMarked;
