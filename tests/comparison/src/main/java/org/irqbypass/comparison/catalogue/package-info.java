/** What can be run: the bundled scenarios, the bundled recordings, and files. */
@NullMarked
package org.irqbypass.comparison.catalogue;

import org.jspecify.annotations.NullMarked;
