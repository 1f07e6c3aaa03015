package org.irqbypass.comparison.snapshot;

/**
 * One vCPU at one moment. Immutable.
 *
 * @param name under which it is known, such as {@code v0 vCPU 1}
 * @param state where it is: {@code in guest mode}, {@code on CPU 2}, {@code scheduled out}, {@code
 *     sleeps}
 * @param pending what it has yet to take, such as {@code 0x41, 0x42}; empty if nothing
 * @param inService what it has taken and not ended; empty if nothing
 */
public record VcpuRow(String name, String state, String pending, String inService) {}
