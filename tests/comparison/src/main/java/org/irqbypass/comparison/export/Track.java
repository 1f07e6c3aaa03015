package org.irqbypass.comparison.export;

/**
 * Where something happens: the line on which a trace viewer draws it.
 *
 * @param process the group of lines, such as {@code VM v0}
 * @param thread the line, such as {@code vCPU 0}
 */
public record Track(String process, String thread) {}
