/** What users of the four library rooms may rely on. */
@NullMarked
package org.irqbypass.api;

import org.jspecify.annotations.NullMarked;
