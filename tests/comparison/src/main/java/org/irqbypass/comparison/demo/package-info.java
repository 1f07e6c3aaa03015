/** Two contenders side by side in a terminal, step by step. */
@NullMarked
package org.irqbypass.comparison.demo;

import org.jspecify.annotations.NullMarked;
