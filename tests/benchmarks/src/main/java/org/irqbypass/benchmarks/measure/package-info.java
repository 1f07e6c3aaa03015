/** What is measured: one class for each kind of call, and Java's own limits beside them. */
@NullMarked
package org.irqbypass.benchmarks.measure;

import org.jspecify.annotations.NullMarked;
