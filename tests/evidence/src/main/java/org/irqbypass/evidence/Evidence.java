package org.irqbypass.evidence;

/**
 * One row: what was tried, how many, what was found.
 *
 * @param room where the evidence is from, such as {@code tests/fuzz}
 * @param what was tried
 * @param tried how many
 * @param unit of what
 * @param found how many of them speak against the library; 0 is what everybody hopes for
 * @param detail more, in a sentence
 */
record Evidence(String room, String what, long tried, String unit, long found, String detail) {}
