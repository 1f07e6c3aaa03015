package org.irqbypass.comparison.account;

import static com.google.common.collect.ImmutableMap.toImmutableMap;
import static com.google.common.collect.ImmutableSet.toImmutableSet;

import com.google.common.collect.ImmutableList;
import com.google.common.collect.ImmutableSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.irqbypass.errno.Errno;
import org.irqbypass.trace.FingerprintSink;
import org.irqbypass.trace.Fingerprinted;
import org.jspecify.annotations.Nullable;

/**
 * Turns the facts of one run into its account. The words are those of the comparison:
 *
 * <ul>
 *   <li>a raise is <i>coalesced</i> while an earlier one of its vector has not been taken;
 *   <li>it is <i>lost</i> if no delivery of its vector starts afterwards and nothing masks it;
 *   <li>an edge is <i>duplicated</i> by each delivery beyond the number raised, a level by each
 *       that starts with the line low all the time since the last completion.
 * </ul>
 *
 * <p>Which raise a delivery belongs to is never guessed from numbers: an interrupt owns a guest's
 * vector from the moment it is pending there until another one is. For one thread.
 */
public final class Accountant implements Fingerprinted {
  private final Map<Interrupt, Ledger> ledgers = new TreeMap<>();

  /** What is pending, by where; whose interrupts a delivery there delivers. */
  private final Map<Destination, Map<Ledger, Boolean>> pending = new HashMap<>();

  private final Map<Destination, Ledger> lastOwner = new HashMap<>();
  private final Map<Destination, Set<Ledger>> inService = new HashMap<>();

  private int calls;
  private int forwardingCalls;
  private int eagain;
  private int otherErrors;
  private int kicks;
  private int eoiTraps;
  private int maintenances;
  private int wakeUps;
  private int told;
  private int untold;
  private int retried;
  private int gaveUp;

  /** Makes an accountant who knows of nothing. */
  public Accountant() {}

  /**
   * Counts.
   *
   * @param facts of one run, in order
   * @return its account
   */
  public static Account account(List<Fact> facts) {
    Accountant accountant = new Accountant();
    facts.forEach(accountant::take);
    return accountant.account();
  }

  private Ledger ledger(Interrupt interrupt) {
    return ledgers.computeIfAbsent(interrupt, Ledger::new);
  }

  /**
   * Takes note of what happened next.
   *
   * @param fact of the run
   */
  public void take(Fact fact) {
    if (fact instanceof Fact.Called called) {
      calls++;
      forwardingCalls += called.forwarding() ? 1 : 0;
      eagain += called.errno() == Errno.EAGAIN ? 1 : 0;
      otherErrors += called.errno() != null && called.errno() != Errno.EAGAIN ? 1 : 0;
    } else if (fact instanceof Fact.Raised raised) {
      ledger(raised.interrupt()).raise(raised.level(), raised.way());
    } else if (fact instanceof Fact.Lowered lowered) {
      ledger(lowered.interrupt()).lower();
    } else if (fact instanceof Fact.Fired fired) {
      ledger(fired.interrupt()).fire(fired.bypassed());
    } else if (fact instanceof Fact.Reached reached) {
      reach(ledger(reached.interrupt()), reached.destination(), reached.stale());
    } else if (fact instanceof Fact.HeldBack heldBack) {
      ledger(heldBack.interrupt()).heldBack = true;
    } else if (fact instanceof Fact.Taken taken) {
      deliver(taken.destination());
    } else if (fact instanceof Fact.Completed completed) {
      complete(completed.destination());
    } else if (fact instanceof Fact.Exited exited) {
      switch (exited.reason()) {
        case KICK -> kicks++;
        case EOI_TRAP -> eoiTraps++;
        case MAINTENANCE -> maintenances++;
      }
    } else if (fact instanceof Fact.WokenUp) {
      wakeUps++;
    } else if (fact instanceof Fact.Possible possible) {
      ledger(possible.interrupt()).possible(true);
    } else if (fact instanceof Fact.Impossible impossible) {
      ledger(impossible.interrupt()).possible(false);
    } else if (fact instanceof Fact.Bypass bypass) {
      ledger(bypass.interrupt()).bypass(bypass);
    } else if (fact instanceof Fact.Refused refused) {
      if (refused.told()) {
        told++;
      } else if (refused.willRetry()) {
        retried++;
      } else {
        untold++;
      }
    } else if (fact instanceof Fact.GaveUp) {
      gaveUp++;
    }
  }

  /**
   * Whether what a device raised last has not been delivered.
   *
   * @param interrupt which
   * @return false also if it was never raised
   */
  public boolean isUnserved(Interrupt interrupt) {
    Ledger ledger = ledgers.get(interrupt);
    return ledger != null && (ledger.outstanding || ledger.unheard);
  }

  /**
   * Where a guest has taken an interrupt and not completed it yet.
   *
   * @param interrupt which
   * @return the places, in no order
   */
  public ImmutableSet<Destination> inService(Interrupt interrupt) {
    Ledger ledger = ledgers.get(interrupt);
    return ledger == null
        ? ImmutableSet.of()
        : inService.entrySet().stream()
            .filter(at -> at.getValue().contains(ledger))
            .map(Map.Entry::getKey)
            .collect(toImmutableSet());
  }

  private void reach(Ledger ledger, Destination destination, boolean stale) {
    ledger.reached();
    lastOwner.put(destination, ledger);
    pending.computeIfAbsent(destination, any -> new LinkedHashMap<>()).put(ledger, stale);
  }

  private void deliver(Destination destination) {
    Map<Ledger, Boolean> owners = pending.remove(destination);
    if (owners == null) {
      Ledger owner = lastOwner.get(destination);
      if (owner == null) {
        return; // no device's: the guest's own, or a line that the VMM drives
      }
      owners = Map.of(owner, false);
    }
    Set<Ledger> served = new HashSet<>();
    owners.forEach(
        (ledger, stale) -> {
          ledger.deliver(stale);
          served.add(ledger);
        });
    inService.put(destination, served);
  }

  private void complete(Destination destination) {
    Set<Ledger> served = inService.remove(destination);
    if (served != null) {
      served.forEach(Ledger::complete);
    }
  }

  /**
   * The account of what happened so far, as if the run ended here.
   *
   * @return the counts
   */
  public Account account() {
    return new Account(
        calls,
        forwardingCalls,
        eagain,
        otherErrors,
        new Exits(kicks, eoiTraps, maintenances),
        wakeUps,
        told,
        untold,
        retried,
        gaveUp,
        ledgers.values().stream().map(Ledger::close).collect(ImmutableList.toImmutableList()));
  }

  /**
   * Writes what decides how the run may yet be judged: whether interrupts were bypassed, late, lost
   * or doubled, and whether failures were told. How many calls and exits there were is left out.
   */
  @Override
  public void writeTo(FingerprintSink sink) {
    sink.put(eagain + otherErrors).put(told).put(untold).put(retried).put(gaveUp);
    ledgers.values().forEach(ledger -> ledger.writeTo(sink));
    if (pending.isEmpty() && lastOwner.isEmpty() && inService.isEmpty()) {
      sink.put(0);
      return;
    }
    sink.putReference(
        pending.entrySet().stream()
            .collect(
                toImmutableMap(
                    Map.Entry::getKey,
                    at ->
                        at.getValue().entrySet().stream()
                            .collect(
                                toImmutableMap(
                                    owner -> owner.getKey().interrupt, Map.Entry::getValue)))));
    sink.putReference(
        lastOwner.entrySet().stream()
            .collect(toImmutableMap(Map.Entry::getKey, owner -> owner.getValue().interrupt)));
    sink.putReference(
        inService.entrySet().stream()
            .collect(
                toImmutableMap(
                    Map.Entry::getKey,
                    at ->
                        at.getValue().stream()
                            .map(owner -> owner.interrupt)
                            .collect(toImmutableSet()))));
  }

  /** One interrupt's counts while the facts come in. */
  private static final class Ledger {
    private final Interrupt interrupt;
    private boolean level;
    private int raised;
    private int untriggered;
    private int coalesced;
    private int delivered;
    private int bypassed;
    private int duplicated;
    private int misdirected;
    private int window;

    /** Masked until the device did not want it any more. */
    private int withdrawn;

    /** A raise that is neither delivered nor accounted for in another way. */
    private boolean outstanding;

    /** The outstanding raise is held back by a mask. */
    private boolean heldBack;

    /** The outstanding raise has been counted as bypassed. */
    private boolean outstandingBypassed;

    /** The last raise found nobody. It may be heard yet: a line stays high, a device may wait. */
    private boolean unheard;

    private boolean lineHigh;
    private boolean lineHighSinceCompletion;
    private boolean possible;
    private boolean everPossible;
    private boolean bypassOn;

    /**
     * As {@code bypassOn}, but userspace's own un-forwarding ahead of a teardown does not count.
     */
    private boolean inForce;

    private boolean bypassedAtEnd;
    private @Nullable Integer bypassedSince;

    Ledger(Interrupt interrupt) {
      this.interrupt = interrupt;
    }

    void raise(boolean isLevel, Way way) {
      level |= isLevel;
      lineHigh = isLevel;
      lineHighSinceCompletion |= isLevel;
      raised++;
      if (way == Way.UNTRIGGERED) {
        untriggered++;
        unheard = true;
        return;
      }
      unheard = false;
      window += possible && !bypassOn ? 1 : 0;
      bypassed += way == Way.BYPASSED ? 1 : 0;
      if (outstanding) {
        coalesced++;
      } else {
        outstanding = true;
        heldBack = way == Way.WAITING;
        outstandingBypassed = way == Way.BYPASSED;
      }
    }

    void lower() {
      lineHigh = false;
      if (outstanding && heldBack) { // the device gave up before the mask did
        outstanding = false;
        heldBack = false;
        withdrawn++;
      }
    }

    void fire(boolean isBypassed) {
      revive(!level || lineHigh);
      heldBack = false;
      if (isBypassed && outstanding && !outstandingBypassed) {
        bypassed++;
        outstandingBypassed = true;
      }
    }

    void reached() {
      revive(level && lineHigh);
      heldBack = false;
    }

    /** What found nobody when it was raised is heard now. */
    private void revive(boolean stillThere) {
      if (unheard && stillThere) {
        untriggered--;
        outstanding = true;
        outstandingBypassed = false;
        unheard = false;
      }
    }

    void deliver(boolean stale) {
      delivered++;
      misdirected += stale ? 1 : 0;
      if (level) {
        duplicated += lineHigh || lineHighSinceCompletion ? 0 : 1;
      } else if (!outstanding) {
        if (coalesced > 0) {
          coalesced--; // it did not merge after all: it was still on its way
        } else {
          duplicated++;
        }
      }
      outstanding = false;
      heldBack = false;
    }

    void complete() {
      lineHighSinceCompletion = lineHigh;
    }

    void possible(boolean nowPossible) {
      if (nowPossible) {
        inForce = bypassOn;
      } else if (possible) {
        bypassedAtEnd = inForce;
      }
      possible = nowPossible;
      everPossible |= nowPossible;
    }

    void bypass(Fact.Bypass change) {
      if (change.on() && bypassedSince == null) {
        bypassedSince = change.step();
      }
      bypassOn = change.on();
      inForce = bypassOn || (inForce && change.asked());
    }

    void writeTo(FingerprintSink sink) {
      sink.putReference(interrupt)
          .put(coalesced)
          .put(bypassed)
          .put(duplicated)
          .put(misdirected)
          .put(window)
          .put(level)
          .put(outstanding)
          .put(heldBack)
          .put(outstandingBypassed)
          .put(unheard)
          .put(lineHigh)
          .put(lineHighSinceCompletion)
          .put(possible)
          .put(bypassOn)
          .put(inForce)
          .put(bypassedAtEnd)
          .put(everPossible);
    }

    InterruptAccount close() {
      return new InterruptAccount(
          interrupt,
          level,
          raised,
          untriggered,
          coalesced,
          withdrawn + (outstanding && heldBack ? 1 : 0),
          delivered,
          bypassed,
          outstanding && !heldBack ? 1 : 0,
          duplicated,
          misdirected,
          window,
          bypassedSince,
          everPossible,
          possible ? inForce : bypassedAtEnd);
    }
  }
}
