/** The command line. */
@NullMarked
package org.irqbypass.comparison.command;

import org.jspecify.annotations.NullMarked;
