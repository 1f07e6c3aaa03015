@NullMarked
package org.irqbypass.live;

import org.jspecify.annotations.NullMarked;
