/** What the README shows, compiled and run. */
@NullMarked
package org.irqbypass.readme;

import org.jspecify.annotations.NullMarked;
