package org.irqbypass.comparison.account;

/** What became of an interrupt at the moment its device raised it. */
public enum Way {
  /** Hardware delivers it, or the guest will complete it: the host is bypassed as far as it can. */
  BYPASSED,
  /** The host's handler ran. */
  HOST,
  /**
   * It waits: the host's interrupt or the device's vector is masked, or an earlier one is active.
   */
  WAITING,
  /** It merged with one that waits. */
  MERGED,
  /** Nobody has set it up. */
  UNTRIGGERED
}
