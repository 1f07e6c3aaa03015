/** The bypass registry: producers, consumers, tokens, pairing. */
@NullMarked
package org.irqbypass.registry;

import org.jspecify.annotations.NullMarked;
