/** The ground floor of one host put together: what the rooms above share, and Dagger's module. */
@NullMarked
package org.irqbypass.assembly;

import org.jspecify.annotations.NullMarked;
