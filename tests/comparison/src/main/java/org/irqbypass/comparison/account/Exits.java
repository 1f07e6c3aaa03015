package org.irqbypass.comparison.account;

/**
 * How often vCPUs left guest mode because of interrupts, counted exactly.
 *
 * @param kick to be given an interrupt
 * @param eoiTrap at a trapped end of interrupt
 * @param maintenance for the interrupt controller's maintenance
 */
public record Exits(int kick, int eoiTrap, int maintenance) {
  /** All of them. */
  public int total() {
    return kick + eoiTrap + maintenance;
  }
}
