package org.irqbypass.faults;

import static net.bytebuddy.matcher.ElementMatchers.any;
import static net.bytebuddy.matcher.ElementMatchers.isConstructor;
import static net.bytebuddy.matcher.ElementMatchers.isStatic;
import static net.bytebuddy.matcher.ElementMatchers.isSynchronized;
import static net.bytebuddy.matcher.ElementMatchers.named;
import static net.bytebuddy.matcher.ElementMatchers.namedOneOf;
import static net.bytebuddy.matcher.ElementMatchers.not;
import static net.bytebuddy.matcher.ElementMatchers.takesArguments;

import net.bytebuddy.asm.Advice;
import net.bytebuddy.asm.AsmVisitorWrapper;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.dynamic.DynamicType;
import net.bytebuddy.jar.asm.ClassWriter;
import net.bytebuddy.jar.asm.MethodVisitor;
import net.bytebuddy.jar.asm.Opcodes;
import net.bytebuddy.utility.OpenedClassReader;

/** Tells {@link LockOrder} of every lock of the library, whatever kind it is of. */
final class LockAgent {
  private LockAgent() {}

  static DynamicType.Builder<?> instrument(DynamicType.Builder<?> builder, TypeDescription type) {
    if (type.isRecord() || type.isEnum()) {
      return builder; // nobody locks these
    }
    DynamicType.Builder<?> changed =
        builder
            .visit(monitors())
            .visit(Advice.to(SynchronizedMethod.class).on(isSynchronized().and(not(isStatic()))))
            .visit(Advice.to(Made.class).on(isConstructor()));
    return switch (type.getSimpleName()) {
      case "Mutex", "SpinLock" ->
          changed
              .visit(Advice.to(Taking.class).on(named("lock").and(takesArguments(0))))
              .visit(Advice.to(Releasing.class).on(named("unlock").and(takesArguments(0))));
      case "BypassRegistry" ->
          changed
              .visit(Advice.to(TakingToken.class).on(named("lock")))
              .visit(Advice.to(ReleasingToken.class).on(named("unlock")))
              .visit(Advice.to(Claiming.class).on(named("claim")))
              .visit(Advice.to(Registered.class).on(named("claimAndRegister")))
              .visit(Advice.to(Unregistered.class).on(named("unregister").and(takesArguments(2))));
      case "HostIrq" ->
          changed
              .visit(Advice.to(Handling.class).on(named("handle")))
              .visit(Advice.to(AwaitingHandler.class).on(named("synchronize")));
      case "Work" -> changed.visit(Advice.to(Working.class).on(namedOneOf("run", "runStarted")));
      case "DeterministicWorkQueue", "ExecutorWorkQueue" ->
          changed.visit(Advice.to(AwaitingWork.class).on(named("flush")));
      default -> changed;
    };
  }

  /** {@code synchronized} blocks. */
  private static AsmVisitorWrapper monitors() {
    return new AsmVisitorWrapper.ForDeclaredMethods()
        .writerFlags(ClassWriter.COMPUTE_MAXS)
        .method(
            any(),
            (instrumented, method, visitor, context, pool, writerFlags, readerFlags) ->
                new MethodVisitor(OpenedClassReader.ASM_API, visitor) {
                  @Override
                  public void visitInsn(int opcode) {
                    if (opcode == Opcodes.MONITORENTER) {
                      tell("beforeMonitor");
                      super.visitInsn(Opcodes.DUP);
                      super.visitInsn(opcode);
                      call("takenMonitor");
                    } else if (opcode == Opcodes.MONITOREXIT) {
                      tell("releasedMonitor");
                      super.visitInsn(opcode);
                    } else {
                      super.visitInsn(opcode);
                    }
                  }

                  private void tell(String what) {
                    super.visitInsn(Opcodes.DUP);
                    call(what);
                  }

                  private void call(String what) {
                    super.visitMethodInsn(
                        Opcodes.INVOKESTATIC,
                        LockOrder.class.getName().replace('.', '/'),
                        what,
                        "(Ljava/lang/Object;)V",
                        false);
                  }
                });
  }

  /** An object that may have locks. */
  static final class Made {
    private Made() {}

    @Advice.OnMethodExit
    static void exit(@Advice.This Object owner, @Advice.Origin Class<?> declaring) {
      LockOrder.made(owner, declaring);
    }
  }

  /** A {@code synchronized} method. */
  static final class SynchronizedMethod {
    private SynchronizedMethod() {}

    @Advice.OnMethodEnter
    static void enter(@Advice.This Object monitor) {
      LockOrder.beforeMonitor(monitor);
      LockOrder.takenMonitor(monitor);
    }

    @Advice.OnMethodExit(onThrowable = Throwable.class)
    static void exit(@Advice.This Object monitor) {
      LockOrder.releasedMonitor(monitor);
    }
  }

  /** A lock that is an object of its own. */
  static final class Taking {
    private Taking() {}

    @Advice.OnMethodEnter
    static void enter(@Advice.This Object lock) {
      LockOrder.before(lock);
    }

    @Advice.OnMethodExit
    static void exit(@Advice.This Object lock) {
      LockOrder.taken(lock);
    }
  }

  /** And its release. */
  static final class Releasing {
    private Releasing() {}

    @Advice.OnMethodExit(onThrowable = Throwable.class)
    static void exit(@Advice.This Object lock) {
      LockOrder.released(lock);
    }
  }

  /** A token's lock. */
  static final class TakingToken {
    private TakingToken() {}

    @Advice.OnMethodEnter
    static void enter(@Advice.Argument(0) Object token) {
      LockOrder.before(token);
    }

    @Advice.OnMethodExit
    static void exit(@Advice.Argument(0) Object token) {
      LockOrder.taken(token);
    }
  }

  /** And its release. */
  static final class ReleasingToken {
    private ReleasingToken() {}

    @Advice.OnMethodExit(onThrowable = Throwable.class)
    static void exit(@Advice.Argument(0) Object token) {
      LockOrder.released(token);
    }
  }

  /** A side that other calls for it wait for. */
  static final class Claiming {
    private Claiming() {}

    @Advice.OnMethodEnter
    static void enter(@Advice.Argument(0) Object side) {
      LockOrder.before(side);
    }

    @Advice.OnMethodExit
    static void exit(@Advice.Argument(0) Object side, @Advice.Return boolean claimed) {
      if (claimed) {
        LockOrder.taken(side);
      }
    }
  }

  /** And the end of a claim. */
  static final class Registered {
    private Registered() {}

    @Advice.OnMethodExit(onThrowable = Throwable.class)
    static void exit(@Advice.Argument(0) Object side) {
      LockOrder.released(side);
    }
  }

  /** And the end of another claim. */
  static final class Unregistered {
    private Unregistered() {}

    @Advice.OnMethodExit(onThrowable = Throwable.class)
    static void exit(@Advice.Argument(1) Object side) {
      LockOrder.released(side);
    }
  }

  /** A handler in flight, which nobody waits for to begin. */
  static final class Handling {
    private Handling() {}

    @Advice.OnMethodEnter
    static void enter(@Advice.This Object irq) {
      LockOrder.taken(irq);
    }

    @Advice.OnMethodExit(onThrowable = Throwable.class)
    static void exit(@Advice.This Object irq) {
      LockOrder.released(irq);
    }
  }

  /** And who waits for it to end. */
  static final class AwaitingHandler {
    private AwaitingHandler() {}

    @Advice.OnMethodEnter
    static void enter(@Advice.This Object irq) {
      LockOrder.before(irq);
    }
  }

  /** Deferred work. */
  static final class Working {
    private Working() {}

    @Advice.OnMethodEnter
    static void enter(@Advice.This Object work) {
      LockOrder.workBegins(work);
    }

    @Advice.OnMethodExit(onThrowable = Throwable.class)
    static void exit() {
      LockOrder.workEnds();
    }
  }

  /** And who waits for it. */
  static final class AwaitingWork {
    private AwaitingWork() {}

    @Advice.OnMethodEnter
    static void enter(@Advice.Argument(0) Object work) {
      LockOrder.before(work);
    }
  }
}
