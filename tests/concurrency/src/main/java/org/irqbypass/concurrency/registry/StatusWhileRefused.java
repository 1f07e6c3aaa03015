package org.irqbypass.concurrency.registry;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.LL_Result;

/**
 * A consumer's status is read while its producer comes and refuses. Result: the status; the status
 * afterwards.
 */
@JCStressTest
@Outcome(
    id = "WAITING NO_PEER, WAITING PEER_REFUSED (EAGAIN)",
    expect = ACCEPTABLE,
    desc = "Before.")
@Outcome(
    id = "WAITING PEER_REFUSED (EAGAIN), WAITING PEER_REFUSED (EAGAIN)",
    expect = ACCEPTABLE,
    desc = "After.")
@Outcome(
    expect = FORBIDDEN,
    desc = "A status of no moment, or not the new one when the call has returned.")
@State
public class StatusWhileRefused extends Pair {
  public StatusWhileRefused() {
    register(consumer);
    producer.busy = true;
  }

  @Actor
  public void vfio() {
    register(producer);
  }

  @Actor
  public void operator(LL_Result result) {
    result.r1 = consumer.status().toString();
  }

  @Arbiter
  public void afterwards(LL_Result result) {
    result.r2 = consumer.status().toString();
  }
}
