/** The four contenders: who makes which calls for forwarding, and when. */
@NullMarked
package org.irqbypass.comparison.contender;

import org.jspecify.annotations.NullMarked;
