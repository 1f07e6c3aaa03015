/** Why each interrupt of a host goes the way it goes, hop by hop. */
@NullMarked
package org.irqbypass.comparison.explain;

import org.jspecify.annotations.NullMarked;
