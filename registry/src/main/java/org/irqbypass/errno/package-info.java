/** Linux error numbers and the exception that carries one. */
@NullMarked
package org.irqbypass.errno;

import org.jspecify.annotations.NullMarked;
