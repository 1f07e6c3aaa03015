package org.irqbypass.live;

import com.google.common.collect.ImmutableMap;
import java.util.HashMap;
import java.util.Map;
import org.irqbypass.scenario.Operation;
import org.irqbypass.scenario.live.Answer;
import org.irqbypass.scenario.live.LiveHost;

/** What one case has open on the kernel that runs. */
final class RunningHost implements LiveHost {
  private final OpenFiles files;
  private final DeferredWork deferred;
  private final Map<String, Performance> performances = new HashMap<>();

  RunningHost(int kvm, int noEventfd, DeferredWork deferred, EndingGuest guest) {
    this.files = new OpenFiles(noEventfd);
    this.deferred = deferred;
    new EventfdCalls(files).addTo(performances);
    new VmCalls(kvm, files, guest).addTo(performances);
    new InterruptControllerCalls(files, guest).addTo(performances);
    new KvmDeviceCalls(files).addTo(performances);
  }

  /** Whether a kind of operation is performed here. */
  boolean performs(String name) {
    return performances.containsKey(name);
  }

  @Override
  public Answer perform(Operation operation) {
    Performance performance = performances.get(operation.name());
    if (performance == null) {
      throw new IllegalArgumentException(operation + " is not performed here");
    }
    ImmutableMap.Builder<String, Object> out = ImmutableMap.builder();
    Answer answer;
    try {
      long result = performance.perform(operation, out);
      answer = new Answer(result, null, out.buildOrThrow());
    } catch (SystemCallException refused) {
      answer = new Answer(-1, refused.errno(), out.buildOrThrow());
    }
    await();
    return answer;
  }

  private void await() {
    try {
      deferred.await();
    } catch (SystemCallException broken) {
      throw new IllegalStateException("cannot wait for the kernel's deferred work", broken);
    }
  }

  @Override
  public void close() {
    try {
      VmCalls.closeAll(files);
    } catch (SystemCallException broken) {
      throw new IllegalStateException("cannot close what a case left open", broken);
    }
    await();
  }
}
