/** The ground floor's part of a host that Dagger assembles. */
@NullMarked
package org.irqbypass.assembly;

import org.jspecify.annotations.NullMarked;
