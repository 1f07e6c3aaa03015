package org.irqbypass.faults;

import static net.bytebuddy.matcher.ElementMatchers.hasSuperType;
import static net.bytebuddy.matcher.ElementMatchers.isAbstract;
import static net.bytebuddy.matcher.ElementMatchers.isConstructor;
import static net.bytebuddy.matcher.ElementMatchers.isDeclaredBy;
import static net.bytebuddy.matcher.ElementMatchers.isEnum;
import static net.bytebuddy.matcher.ElementMatchers.isInterface;
import static net.bytebuddy.matcher.ElementMatchers.isRecord;
import static net.bytebuddy.matcher.ElementMatchers.isSubTypeOf;
import static net.bytebuddy.matcher.ElementMatchers.nameMatches;
import static net.bytebuddy.matcher.ElementMatchers.named;
import static net.bytebuddy.matcher.ElementMatchers.namedOneOf;
import static net.bytebuddy.matcher.ElementMatchers.not;

import net.bytebuddy.agent.ByteBuddyAgent;
import net.bytebuddy.agent.builder.AgentBuilder;
import net.bytebuddy.asm.Advice;
import net.bytebuddy.description.type.TypeDescription;
import net.bytebuddy.dynamic.DynamicType;
import net.bytebuddy.matcher.ElementMatcher;

/**
 * Instruments the four library modules as they are loaded, so that the library needs no seams that
 * only tests use: fault points where callbacks are entered, where resources are allocated and where
 * objects are made. Elsewhere nothing changes; a thread without {@link FaultPoints} pays one
 * look-up.
 */
final class LibraryAgent {
  private static final ElementMatcher.Junction<TypeDescription> LIBRARY =
      nameMatches("org\\.irqbypass\\.(registry|eventfd|host|work|vfio|kvm|legacy)\\..*");

  private static boolean installed;

  private LibraryAgent() {}

  /** Instruments the library, once for each JVM. */
  static synchronized void install() {
    if (installed) {
      return;
    }
    installed = true;
    new AgentBuilder.Default()
        .disableClassFormatChanges()
        .with(AgentBuilder.RedefinitionStrategy.RETRANSFORMATION)
        .with(new Complaining())
        .type(LIBRARY.and(not(isInterface())))
        .transform(
            (type, description, loader, module, domain) ->
                LockAgent.instrument(faultPoints(type, description), description))
        .installOn(ByteBuddyAgent.install());
  }

  private static DynamicType.Builder<?> faultPoints(
      DynamicType.Builder<?> builder, TypeDescription type) {
    DynamicType.Builder<?> changed = builder;
    if (hasSuperType(
            namedOneOf(
                "org.irqbypass.registry.BypassProducer", "org.irqbypass.registry.BypassConsumer"))
        .matches(type)) {
      changed =
          changed
              .visit(
                  Advice.to(CallbackEntered.class)
                      .on(namedOneOf("addConsumer", "addProducer").and(not(isAbstract()))))
              .visit(
                  Advice.to(CallbackLeft.class)
                      .on(
                          namedOneOf("stop", "start", "delConsumer", "delProducer")
                              .and(not(isAbstract()))));
    }
    String name = type.getSimpleName();
    ElementMatcher.Junction<net.bytebuddy.description.method.MethodDescription> resources =
        switch (name) {
          case "DescriptorTable" -> named("install");
          case "HostIrq" -> named("request");
          case "HostInterrupts" -> namedOneOf("allocate", "allocateMessage");
          case "Eventfds" -> named("create");
          default -> net.bytebuddy.matcher.ElementMatchers.none();
        };
    changed = changed.visit(Advice.to(ResourceAsked.class).on(resources));
    if (!isRecord().or(isEnum()).or(isSubTypeOf(Throwable.class)).matches(type)
        && !name.equals("EveryStep")) {
      changed =
          changed.visit(Advice.to(ObjectMade.class).on(isConstructor().and(isDeclaredBy(type))));
    }
    return changed;
  }

  /** Entering a callback that accepts: it has done nothing when it refuses. */
  static final class CallbackEntered {
    private CallbackEntered() {}

    @Advice.OnMethodEnter
    static void enter(@Advice.Origin("#t.#m") String method) {
      FaultPoints.callback(method);
    }
  }

  /** Leaving a callback that gives something back: it has done so when it fails. */
  static final class CallbackLeft {
    private CallbackLeft() {}

    @Advice.OnMethodExit
    static void exit(@Advice.Origin("#t.#m") String method) {
      FaultPoints.callback(method);
    }
  }

  /** Asking for a resource. */
  static final class ResourceAsked {
    private ResourceAsked() {}

    @Advice.OnMethodEnter
    static void enter(@Advice.Origin("#t.#m") String method) {
      FaultPoints.resource(method);
    }
  }

  /** Making an object. */
  static final class ObjectMade {
    private ObjectMade() {}

    @Advice.OnMethodEnter
    static void enter(@Advice.Origin("#t") String type) {
      FaultPoints.memory(type);
    }
  }

  /** A class that cannot be instrumented would silently have no fault points. */
  private static final class Complaining extends AgentBuilder.Listener.Adapter {
    @Override
    public void onError(
        String type,
        @org.jspecify.annotations.Nullable ClassLoader loader,
        net.bytebuddy.utility.@org.jspecify.annotations.Nullable JavaModule module,
        boolean loaded,
        Throwable thrown) {
      System.err.println(type + " could not be instrumented: " + thrown);
    }
  }
}
