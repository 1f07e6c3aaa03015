package org.irqbypass.concurrency.irqfd;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.irqbypass.concurrency.X86Host;
import org.irqbypass.errno.ErrnoException;
import org.irqbypass.eventfd.EventfdContext;
import org.irqbypass.registry.BypassConsumer;
import org.irqbypass.registry.BypassProducer;
import org.irqbypass.registry.BypassToken;
import org.irqbypass.registry.ConnectPolicy;
import org.irqbypass.registry.PrivateToken;
import org.irqbypass.vfio.IrqIndex;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.ZZ_Result;

/**
 * An interrupt is paired by its eventfd, and at the same moment as it was forwarded explicitly: by
 * two tokens, whose locks have nothing to do with each other. Result: whether each pairing got it.
 */
@JCStressTest
@Outcome(id = "true, false", expect = ACCEPTABLE, desc = "The eventfd's; the other is refused.")
@Outcome(id = "false, true", expect = ACCEPTABLE, desc = "The explicit; the other is refused.")
@Outcome(expect = FORBIDDEN, desc = "Two pairings have the interrupt, or none has.")
@State
public class PairBothWays {
  private final X86Host host = X86Host.posting();
  private final EventfdContext eventfd = host.eventfd();
  private final BypassToken explicit = new PrivateToken("explicit");
  private final Guest byEventfd = new Guest();
  private final Guest byForwarding = new Guest();

  public PairBothWays() {
    host.device(eventfd).driver().interrupt(IrqIndex.MSIX, 0).forward(explicit);
  }

  @Actor
  public void automatic() {
    pair(byEventfd, eventfd);
  }

  @Actor
  public void explicit() {
    pair(byForwarding, explicit);
  }

  private void pair(Guest guest, BypassToken token) {
    try {
      host.kernel.registry().register(guest, token);
    } catch (ErrnoException refused) {
      // So is told who forwards explicitly; who pairs by eventfd is not.
    }
  }

  @Arbiter
  public void afterwards(ZZ_Result result) {
    result.r1 = byEventfd.paired;
    result.r2 = byForwarding.paired;
  }

  private static final class Guest extends BypassConsumer {
    private boolean paired;

    Guest() {
      super(ConnectPolicy.OPPORTUNISTIC);
    }

    @Override
    protected int addProducer(BypassProducer producer) {
      paired = true;
      return 0;
    }

    @Override
    protected void delProducer(BypassProducer producer) {
      paired = false;
    }
  }
}
