@NullMarked
package org.irqbypass.scenario;

import org.jspecify.annotations.NullMarked;
