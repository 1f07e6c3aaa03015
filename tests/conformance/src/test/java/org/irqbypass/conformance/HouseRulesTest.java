package org.irqbypass.conformance;

import static com.tngtech.archunit.core.domain.JavaClass.Predicates.resideInAnyPackage;
import static com.tngtech.archunit.core.domain.JavaClass.Predicates.simpleNameEndingWith;
import static com.tngtech.archunit.lang.conditions.ArchPredicates.are;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.fields;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;

import com.google.common.collect.ImmutableMap;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.AccessTarget;
import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaField;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.junit.AnalyzeClasses;
import com.tngtech.archunit.junit.ArchTest;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ArchRule;
import com.tngtech.archunit.lang.ConditionEvents;
import com.tngtech.archunit.lang.SimpleConditionEvent;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Set;

/** The house rules that a compiler does not hold. */
@AnalyzeClasses(
    packages = "org.irqbypass",
    importOptions = {ImportOption.DoNotIncludeTests.class})
final class HouseRulesTest {
  private static final String[] GROUND_FLOOR = {
    "org.irqbypass.assembly..",
    "org.irqbypass.errno..",
    "org.irqbypass.trace..",
    "org.irqbypass.work..",
    "org.irqbypass.eventfd..",
    "org.irqbypass.host..",
    "org.irqbypass.registry.."
  };
  private static final String VFIO = "org.irqbypass.vfio..";
  private static final String KVM = "org.irqbypass.kvm..";
  private static final String LEGACY = "org.irqbypass.legacy..";

  /** Static fields that were read and found never to change, though their type does not show it. */
  private static final ImmutableMap<String, String> NEVER_CHANGED =
      ImmutableMap.of(
          "org.irqbypass.kvm.RoutingTable.EMPTY", "its arrays are written while it is made only",
          "org.irqbypass.kvm.RoutingTable.NONE", "an array without elements");

  /** The four library rooms. */
  private static final DescribedPredicate<JavaClass> LIBRARY =
      resideInAnyPackage(GROUND_FLOOR).or(resideInAnyPackage(VFIO, KVM, LEGACY)).as("the library");

  /**
   * Dagger's modules, what it writes for them, and their scope; nothing else of a room is Dagger's.
   */
  private static final DescribedPredicate<JavaClass> ASSEMBLY =
      simpleNameEndingWith("Module")
          .or(simpleNameEndingWith("Factory"))
          .or(DescribedPredicate.describe("nested in a module", HouseRulesTest::isInModule))
          .or(DescribedPredicate.describe("a scope", JavaClass::isAnnotation))
          .as("assembly");

  private static boolean isInModule(JavaClass type) {
    return type.getEnclosingClass().map(JavaClass::getSimpleName).orElse("").endsWith("Module");
  }

  @ArchTest
  static final ArchRule RULE_1_VFIO_DOES_NOT_NAME_KVM =
      noClasses()
          .that()
          .resideInAPackage(VFIO)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(KVM, LEGACY);

  @ArchTest
  static final ArchRule RULE_1_KVM_DOES_NOT_NAME_VFIO =
      noClasses()
          .that()
          .resideInAPackage(KVM)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(VFIO, LEGACY);

  @ArchTest
  static final ArchRule RULE_1_THE_GROUND_FLOOR_NAMES_NEITHER =
      noClasses()
          .that()
          .resideInAnyPackage(GROUND_FLOOR)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(VFIO, KVM, LEGACY);

  @ArchTest
  static final ArchRule RULE_1_THE_LIBRARY_DOES_NOT_NAME_ITS_TESTS =
      noClasses()
          .that(LIBRARY)
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage(
              "org.irqbypass.scenario..",
              "org.irqbypass.comparison..",
              "org.irqbypass.benchmarks..");

  @ArchTest
  static final ArchRule RULE_1_NO_PACKAGE_CYCLES =
      slices().matching("org.irqbypass.(**)").should().beFreeOfCycles();

  @ArchTest
  static final ArchRule RULE_2_STATIC_FIELDS_ARE_FINAL =
      fields().that().areDeclaredInClassesThat(are(LIBRARY)).and().areStatic().should().beFinal();

  @ArchTest
  static final ArchRule RULE_2_STATIC_FIELDS_ARE_IMMUTABLE =
      fields()
          .that()
          .areDeclaredInClassesThat(are(LIBRARY))
          .and()
          .areStatic()
          .should(beOfImmutableType());

  @ArchTest
  static final ArchRule RULE_3_NO_THREAD_IS_STARTED =
      noClasses()
          .that(LIBRARY)
          .should()
          .callMethodWhere(
              targetIs(
                  "starts a thread or sleeps",
                  Thread.class,
                  Set.of("start", "sleep", "onSpinWait", "yield")))
          .orShould()
          .callConstructorWhere(
              DescribedPredicate.describe(
                  "makes a thread", call -> call.getTargetOwner().isAssignableTo(Thread.class)))
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.util.concurrent.Executors")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.util.concurrent.CompletableFuture")
          .orShould()
          .dependOnClassesThat()
          .haveFullyQualifiedName("java.util.concurrent.ForkJoinPool")
          .orShould()
          .dependOnClassesThat()
          .haveNameMatching("java\\.util\\.(Timer|TimerTask|concurrent\\.Scheduled.*)");

  /** Only the waiter for real threads parks; locks are held briefly and waited for as locks. */
  @ArchTest
  static final ArchRule RULE_3_NOTHING_BLOCKS_BUT_A_WAITER =
      noClasses()
          .that(LIBRARY)
          .and()
          .doNotHaveFullyQualifiedName("org.irqbypass.work.ThreadWaiter")
          .should()
          .callMethodWhere(targetIs("waits on a monitor", Object.class, Set.of("wait")))
          .orShould()
          .dependOnClassesThat()
          .haveNameMatching(
              "java\\.util\\.concurrent\\.(locks\\.(LockSupport|Condition)|CountDownLatch"
                  + "|CyclicBarrier|Phaser|Semaphore|Exchanger|.*Blocking.*)");

  @ArchTest
  static final ArchRule RULE_3_NO_CLOCK_IS_READ =
      noClasses()
          .that(LIBRARY)
          .should()
          .callMethodWhere(
              targetIs("reads a clock", System.class, Set.of("nanoTime", "currentTimeMillis")))
          .orShould()
          .dependOnClassesThat()
          .resideInAPackage("java.time..")
          .orShould()
          .dependOnClassesThat()
          .haveNameMatching(
              "java\\.util\\.(Date|Calendar)|com\\.google\\.common\\.base\\.(Ticker|Stopwatch)");

  @ArchTest
  static final ArchRule RULE_3_NO_RANDOM_NUMBER_IS_DRAWN =
      noClasses()
          .that(LIBRARY)
          .should()
          .dependOnClassesThat()
          .haveNameMatching("java\\.util\\.(.*Random.*|UUID)|java\\.security\\..*Random.*")
          .orShould()
          .callMethodWhere(targetIs("draws a number", Math.class, Set.of("random")));

  @ArchTest
  static final ArchRule RULE_5_DAGGER_STAYS_IN_MODULES =
      noClasses()
          .that(LIBRARY.and(DescribedPredicate.not(ASSEMBLY)))
          .should()
          .dependOnClassesThat()
          .resideInAnyPackage("dagger..", "jakarta.inject..", "javax.inject..");

  @ArchTest
  static final ArchRule NOTHING_IS_PRINTED =
      noClasses()
          .that(LIBRARY)
          .should()
          .accessField(System.class, "out")
          .orShould()
          .accessField(System.class, "err");

  @ArchTest
  static final ArchRule NAMES_SAY_WHAT_A_CLASS_DOES =
      classes()
          .that(LIBRARY)
          .should()
          .haveSimpleNameNotEndingWith("Util")
          .andShould()
          .haveSimpleNameNotEndingWith("Utils")
          .andShould()
          .haveSimpleNameNotEndingWith("Helper")
          .andShould()
          .haveSimpleNameNotEndingWith("Manager")
          .andShould()
          .haveSimpleNameNotEndingWith("Impl");

  private static DescribedPredicate<com.tngtech.archunit.core.domain.JavaMethodCall> targetIs(
      String description, Class<?> owner, Set<String> names) {
    return DescribedPredicate.describe(
        description,
        call -> {
          AccessTarget target = call.getTarget();
          return target.getOwner().isAssignableTo(owner) && names.contains(target.getName());
        });
  }

  /** Constants: primitives, strings, enums, records, immutable collections, and VarHandles. */
  private static ArchCondition<JavaField> beOfImmutableType() {
    return new ArchCondition<>("be of an immutable type") {
      @Override
      public void check(JavaField field, ConditionEvents events) {
        JavaClass type = field.getRawType();
        boolean immutable =
            type.isPrimitive()
                || type.isEnum()
                || type.isRecord()
                || type.isAssignableTo(String.class)
                || type.isAssignableTo(VarHandle.class)
                || type.isAssignableTo(ByteOrder.class)
                || type.getName().startsWith("com.google.common.collect.Immutable")
                // what javac writes for an enum and for a switch over one
                || field.getModifiers().contains(JavaModifier.SYNTHETIC)
                || (type.isInterface() && isStateless(field))
                || NEVER_CHANGED.containsKey(field.getFullName());
        if (!immutable) {
          events.add(SimpleConditionEvent.violated(field, field.getDescription() + " is mutable"));
        }
      }
    };
  }

  /** A function without captured variables: an interface with one method, of ours. */
  private static boolean isStateless(JavaField field) {
    return field.getRawType().isAnnotatedWith(FunctionalInterface.class);
  }
}
