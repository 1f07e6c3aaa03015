package org.irqbypass.api;

import static com.google.common.truth.Truth.assertThat;
import static com.google.common.truth.Truth.assertWithMessage;

import japicmp.cmp.JApiCmpArchive;
import japicmp.cmp.JarArchiveComparator;
import japicmp.cmp.JarArchiveComparatorOptions;
import japicmp.config.Options;
import japicmp.model.JApiClass;
import japicmp.output.stdout.StdoutOutputGenerator;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import javassist.ClassPool;
import javassist.CtClass;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledForJreRange;
import org.junit.jupiter.api.condition.JRE;

/**
 * What was compiled against the baseline compiles and links against this: japicmp says so. See
 * README.md for when the baseline is renewed.
 */
class BaselineTest {
  @Test
  void nothingIsIncompatibleWithTheBaseline() throws IOException {
    Signatures now = Signatures.of(LibraryRooms.classFiles());
    if (System.getProperty("api.baseline", "compare").equals("renew")) {
      Baseline.renew(now);
    }
    byte[] baseline = Baseline.jar();
    List<JApiClass> compared = compare(baseline, now.toJar());
    List<JApiClass> incompatible = compared.stream().filter(BaselineTest::isIncompatible).toList();
    Files.createDirectories(Evidence.DIRECTORY);
    Files.writeString(Evidence.DIRECTORY.resolveSibling("api-changes.txt"), describe(compared));
    Signatures before = Signatures.of(classFiles(baseline));
    Evidence.write(
        "baseline",
        "API compared with its baseline",
        before.count(),
        "signatures",
        incompatible.size(),
        "japicmp, %d types; found are types with an incompatible change"
            .formatted(before.types().size()));
    assertWithMessage(
            """
            %s
            This breaks what was compiled against the baseline. A patch must not; for a version that \
            may, `mvn test -pl tests/api -am -Dapi.baseline=renew` renews the baseline."""
                .formatted(describe(incompatible)))
        .that(incompatible)
        .isEmpty();
  }

  @Test
  void theBaselineIsOfAllFourRooms() throws IOException {
    assertThat(Signatures.of(classFiles(Baseline.jar())).types())
        .containsAtLeast(
            "org.irqbypass.registry.BypassRegistry",
            "org.irqbypass.vfio.Vfio",
            "org.irqbypass.kvm.Kvm",
            "org.irqbypass.legacy.KvmVfioDevice");
  }

  @Test
  @EnabledForJreRange(max = JRE.JAVA_17) // later ones may list otherwise
  void theTextSaysWhatTheJarHolds() throws IOException {
    assertThat(Baseline.list(Signatures.of(classFiles(Baseline.jar())))).isEqualTo(Baseline.text());
  }

  @Test
  void aMethodThatIsGoneIsFound() throws Exception {
    Map<String, byte[]> files = LibraryRooms.classFiles();
    byte[] before = Signatures.of(files).toJar();
    CtClass type = edited(files, "org.irqbypass.kvm.Vm");
    type.removeMethod(type.getDeclaredMethod("irqfd"));
    files.put("org/irqbypass/kvm/Vm.class", type.toBytecode());
    List<JApiClass> compared = compare(before, Signatures.of(files).toJar());
    assertThat(
            compared.stream()
                .filter(BaselineTest::isIncompatible)
                .map(JApiClass::getFullyQualifiedName))
        .containsExactly("org.irqbypass.kvm.Vm");
    assertThat(describe(compared)).contains("irqfd(org.irqbypass.kvm.IrqfdRequest)");
  }

  @Test
  void aMethodThatIsNewIsCompatible() throws Exception {
    Map<String, byte[]> files = LibraryRooms.classFiles();
    byte[] now = Signatures.of(files).toJar();
    CtClass type = edited(files, "org.irqbypass.kvm.Vm");
    type.removeMethod(type.getDeclaredMethod("irqfd"));
    files.put("org/irqbypass/kvm/Vm.class", type.toBytecode());
    List<JApiClass> compared = compare(Signatures.of(files).toJar(), now);
    assertThat(compared.stream().filter(BaselineTest::isIncompatible)).isEmpty();
    assertThat(describe(compared)).contains("irqfd(org.irqbypass.kvm.IrqfdRequest)");
  }

  private static CtClass edited(Map<String, byte[]> files, String name) throws IOException {
    return new ClassPool(true)
        .makeClass(new ByteArrayInputStream(files.get(name.replace('.', '/') + ".class")));
  }

  private static Map<String, byte[]> classFiles(byte[] jar) throws IOException {
    Map<String, byte[]> files = new TreeMap<>();
    LibraryRooms.readJar(jar, files::put);
    return files;
  }

  private static List<JApiClass> compare(byte[] before, byte[] now) {
    Options options = Options.newDefault();
    options.setIgnoreMissingClasses(true); // other libraries' types are not compared
    return new JarArchiveComparator(JarArchiveComparatorOptions.of(options))
        .compare(
            new JApiCmpArchive(before, "baseline", "baseline"),
            new JApiCmpArchive(now, "now", "now"));
  }

  private static boolean isIncompatible(JApiClass type) {
    return !type.isBinaryCompatible() || !type.isSourceCompatible();
  }

  private static String describe(List<JApiClass> types) {
    Options options = Options.newDefault();
    options.setOutputOnlyModifications(true);
    options.setOldArchives(List.of(new JApiCmpArchive(new byte[0], "baseline", "baseline")));
    options.setNewArchives(List.of(new JApiCmpArchive(new byte[0], "now", "now")));
    return new StdoutOutputGenerator(options, types).generate();
  }
}
