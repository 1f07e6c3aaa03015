/** The registry's steps with known bugs put back. */
@NullMarked
package org.irqbypass.registry;

import org.jspecify.annotations.NullMarked;
