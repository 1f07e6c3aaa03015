package org.irqbypass.vfio;

import static com.google.common.truth.Truth.assertThat;
import static org.irqbypass.vfio.VfioHost.assertErrno;

import java.util.ArrayList;
import java.util.List;
import org.irqbypass.errno.Errno;
import org.irqbypass.eventfd.EventfdContext;
import org.junit.jupiter.api.Test;

/** A slot for an eventfd whose writing does something (semantics 3.6). */
class VirqfdTest {
  private final VfioHost host = VfioHost.remapped();
  private final List<String> ran = new ArrayList<>();
  private final Virqfd slot = slot(false);

  private Virqfd slot(boolean defers) {
    return new Virqfd(
        host.vfio,
        "a slot",
        () -> {
          ran.add("handler");
          return defers;
        },
        () -> ran.add("deferred"));
  }

  @Test
  void aSlotIsTakenUntilItIsDisabledOrItsEventfdIsClosed() {
    assertThat(slot.isEnabled()).isFalse();
    int fd = host.eventfd();
    slot.enable(fd);
    assertThat(slot.isEnabled()).isTrue();
    assertErrno(Errno.EBUSY, () -> slot.enable(fd));
    slot.disable();
    assertThat(slot.isEnabled()).isFalse();
    slot.enable(fd);
    host.descriptors.close(fd);
    assertThat(slot.isEnabled()).isFalse();
  }

  /** Neither is a read or a close, although they wake the queue too. */
  @Test
  void onlyAWriteIsAWrite() {
    int fd = host.eventfd(2);
    EventfdContext eventfd = host.context(fd);
    slot.enable(fd); // what was written before counts, and stays
    assertThat(ran).containsExactly("handler");
    assertThat(eventfd.read()).isEqualTo(2);
    assertThat(ran).containsExactly("handler");
    eventfd.write(3); // is drained
    assertThat(eventfd.count()).isEqualTo(0);
    assertThat(ran).containsExactly("handler", "handler");
    host.descriptors.close(fd);
    host.work.runAll();
    assertThat(ran).containsExactly("handler", "handler");
  }

  @Test
  void whatAHandlerLeavesToBeDoneRunsOutsideItsWakeUpAndIsTold() {
    Virqfd deferring = slot(true);
    int fd = host.eventfd();
    deferring.enable(fd);
    host.record();
    host.context(fd).write(1);
    assertThat(ran).containsExactly("handler");
    host.work.runAll();
    assertThat(ran).containsExactly("handler", "deferred").inOrder();
    assertThat(host.events(VfioEvent.VirqfdInject.class))
        .containsExactly(new VfioEvent.VirqfdInject(deferring));

    slot.enable(host.eventfd(1)); // a handler that leaves nothing
    assertThat(host.work.queued()).isEmpty();
  }

  /** The work is another processor's here: it has run only if somebody waited for it. */
  @Test
  void aFlushAndADisableWaitForWhatWasDeferred() {
    host.work.runElsewhere();
    Virqfd deferring = slot(true);
    int fd = host.eventfd();
    deferring.enable(fd);
    host.context(fd).write(1);
    assertThat(ran).containsExactly("handler");
    deferring.flush();
    assertThat(ran).containsExactly("handler", "deferred");
    assertThat(deferring.isEnabled()).isTrue();

    ran.clear();
    host.context(fd).write(1);
    deferring.disable();
    assertThat(ran).containsExactly("handler", "deferred");
    assertThat(host.work.queued()).isEmpty();
    host.context(fd).write(1);
    assertThat(host.count(fd)).isEqualTo(1); // nobody waits on it
  }
}
