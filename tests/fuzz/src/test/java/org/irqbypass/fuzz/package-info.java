/** What strangers send, in any shape: refused with an errno or one sentence, at a bounded price. */
@NullMarked
package org.irqbypass.fuzz;

import org.jspecify.annotations.NullMarked;
