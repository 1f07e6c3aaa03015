/** The table of the deep profile: what was tried, how many, what was found. */
@NullMarked
package org.irqbypass.evidence;

import org.jspecify.annotations.NullMarked;
