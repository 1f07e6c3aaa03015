/** Known bugs of Linux put back on purpose, for the explorer to find. */
@NullMarked
package org.irqbypass.conformance.planted;

import org.jspecify.annotations.NullMarked;
