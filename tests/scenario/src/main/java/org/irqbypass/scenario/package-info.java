/** One vocabulary of operations, its text and recorded forms, and the one runner. */
@NullMarked
package org.irqbypass.scenario;

import org.jspecify.annotations.NullMarked;
