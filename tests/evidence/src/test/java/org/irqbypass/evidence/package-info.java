/** Tests of the table. */
@NullMarked
package org.irqbypass.evidence;

import org.jspecify.annotations.NullMarked;
