package org.tornadomor;

import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.library.dependencies.SlicesRuleDefinition.slices;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption;
import com.tngtech.archunit.library.dependencies.SliceAssignment;
import com.tngtech.archunit.library.dependencies.SliceIdentifier;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.function.Predicate;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;

/** The rules between packages: which may depend on which, and who may use what. */
class ArchitectureTest {
    private static final String TORNADOVM = "uk.ac.manchester.tornado..";
    private static final String TORNADO_ENGINE = "org.tornadomor.engine.tornado..";
    private static final String CPU_ENGINE = "org.tornadomor.engine.cpu..";

    /** Stands in for TornadoVM where there is none, below the arrows. */
    private static final String SIMULATOR = "org.tornadomor.simulator..";

    private static final String[] MODEL = {
        "org.tornadomor.files..", "org.tornadomor.model..", "org.tornadomor.tokenizer..", "org.tornadomor.formats.."
    };
    private static final String[] TRAINER = {
        "org.tornadomor.data..",
        "org.tornadomor.trainer..",
        "org.tornadomor.convert..",
        "org.tornadomor.experiment..",
        "org.tornadomor.html.."
    };
    private static final String[] RUNNER = {
        "org.tornadomor.language..",
        "org.tornadomor.serving..",
        "org.tornadomor.server..",
        "org.tornadomor.report..",
        "org.tornadomor.tasks..",
        "org.tornadomor.template..",
        "org.tornadomor.terminal..",
        "org.tornadomor.cli.."
    };

    /** Above the runner, found by it as a service. */
    private static final String LESSONS = "org.tornadomor.lessons..";

    private static JavaClasses classes;

    @BeforeAll
    static void readClasses() {
        classes = new ClassFileImporter()
                .withImportOption(ImportOption.Predefined.DO_NOT_INCLUDE_TESTS)
                .importPackages("org.tornadomor");
        for (String part : List.of("engine", "engine.cpu", "model", "tokenizer", "data", "trainer", "cli", "lessons")) {
            assertTrue(
                    classes.stream().map(JavaClass::getPackageName).anyMatch(("org.tornadomor." + part)::equals),
                    "no classes of " + part + ": the rules would hold of nothing");
        }
    }

    @Test
    void arrowsPointFromTheRunnerToTheEngine() {
        pointsNowhere(new String[] {"org.tornadomor.engine.."}, MODEL, TRAINER, RUNNER);
        pointsNowhere(MODEL, TRAINER, RUNNER);
        pointsNowhere(TRAINER, RUNNER);
        for (String[] below : new String[][] {{"org.tornadomor.engine.."}, MODEL, TRAINER, RUNNER}) {
            pointsNowhere(below, new String[] {LESSONS});
        }
    }

    private static void pointsNowhere(String[] from, String[]... to) {
        String[] above = Stream.of(to).flatMap(Stream::of).toArray(String[]::new);
        noClasses()
                .that()
                .resideInAnyPackage(from)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(above)
                .check(classes);
    }

    @Test
    void noPackageIsSplitOverTwoModules() throws IOException {
        Map<String, Path> homes = new TreeMap<>();
        try (Stream<Path> modules = Files.list(Path.of(".."))) {
            for (Path module : modules.sorted().toList()) {
                Path sources = module.resolve("src/main/java");
                if (Files.isDirectory(sources)) {
                    for (String name : packagesOf(sources, folder -> true)) {
                        Path other = homes.putIfAbsent(name, module);
                        assertNull(other, () -> name + " is in " + module + " and in " + other);
                    }
                }
            }
        }
        assertTrue(homes.size() > 20, homes.toString());
    }

    @Test
    void onlyTheTornadoEngineAndLessonsUseTornadoVm() {
        noClasses()
                .that()
                .resideOutsideOfPackages(TORNADO_ENGINE, SIMULATOR, LESSONS)
                .should()
                .dependOnClassesThat()
                .resideInAPackage(TORNADOVM)
                .check(classes);
    }

    @Test
    void onlyTheCpuEngineUsesTheVectorApi() {
        noClasses()
                .that()
                .resideOutsideOfPackages(CPU_ENGINE)
                .should()
                .dependOnClassesThat()
                .resideInAPackage("jdk.incubator.vector..")
                .check(classes);
    }

    @Test
    void modelAndTrainerKnowTheEngineInterfaceOnly() {
        String[] both = Stream.concat(Stream.of(MODEL), Stream.of(TRAINER)).toArray(String[]::new);
        noClasses()
                .that()
                .resideInAnyPackage(both)
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(CPU_ENGINE, TORNADO_ENGINE, SIMULATOR)
                .check(classes);
    }

    @Test
    void theEngineInterfaceKnowsNoEngine() {
        noClasses()
                .that()
                .resideInAPackage("org.tornadomor.engine")
                .should()
                .dependOnClassesThat()
                .resideInAnyPackage(CPU_ENGINE, TORNADO_ENGINE)
                .check(classes);
    }

    /** What differs between routers is asked of them; a comparison with one of them would be forgotten when there is another. */
    @Test
    void nobodyAsksWhichRouterItIs() {
        Set<String> naming = classes.stream()
                .flatMap(type -> type.getFieldAccessesFromSelf().stream())
                .filter(access -> access.getTargetOwner().getSimpleName().equals("RouterKind"))
                .map(access -> outermost(access.getOriginOwner()))
                .collect(Collectors.toCollection(TreeSet::new));
        // A plain model has no router; a configuration can be made of each; a family of looped models says which is its
        // own; a lesson shows a model with one.
        assertEquals(Set.of("RouterKind", "ModelConfig", "MorConfig", "Family", "TokensWay"), naming);
        Map<String, Set<String>> users = Map.of(
                "FullDepth", Set.of("RouterKind"),
                "ExpertChoice", Set.of("RouterKind"),
                "ExpertRouting", Set.of("ExpertChoice", "ExpertStep"),
                "ExpertStep", Set.of("ExpertChoice"),
                "TokenChoice", Set.of("RouterKind"),
                "TokenRouting", Set.of("TokenChoice", "TokenStep"),
                "TokenStep", Set.of("TokenChoice"));
        users.forEach((part, expected) -> assertEquals(expected, usersOf(part), "users of " + part));
    }

    private static Set<String> usersOf(String part) {
        return classes.stream()
                .flatMap(type -> type.getDirectDependenciesFromSelf().stream())
                .filter(dependency -> outermost(dependency.getTargetClass()).equals(part))
                .map(dependency -> outermost(dependency.getOriginClass()))
                .filter(user -> !user.equals(part))
                .collect(Collectors.toCollection(TreeSet::new));
    }

    private static String outermost(JavaClass type) {
        return type.getEnclosingClass()
                .map(ArchitectureTest::outermost)
                .orElseGet(() -> type.getBaseComponentType().getSimpleName());
    }

    @Test
    void packagesAreFreeOfCycles() {
        slices().assignedFrom(new SliceAssignment() {
                    @Override
                    public SliceIdentifier getIdentifierOf(JavaClass type) {
                        return SliceIdentifier.of(type.getPackageName());
                    }

                    @Override
                    public String getDescription() {
                        return "packages";
                    }
                })
                .should()
                .beFreeOfCycles()
                .check(classes);
    }

    @Test
    void everyPackageSaysWhatLivesThere() throws IOException {
        assertEquals(Set.of(), packages(folder -> true, packages(folder -> hasPackageInfo(folder), Set.of())));
    }

    /** The packages of all modules that have a folder of the given kind, without some. */
    private static Set<String> packages(Predicate<Path> kind, Set<String> without) throws IOException {
        Set<String> names = new TreeSet<>();
        try (Stream<Path> modules = Files.list(Path.of(".."))) {
            for (Path module : modules.toList()) {
                Path sources = module.resolve("src/main/java");
                if (Files.isDirectory(sources)) {
                    names.addAll(packagesOf(sources, kind));
                }
            }
        }
        names.removeAll(without);
        return names;
    }

    private static Set<String> packagesOf(Path sources, Predicate<Path> kind) throws IOException {
        try (Stream<Path> files = Files.walk(sources)) {
            return files.filter(file -> file.toString().endsWith(".java"))
                    .map(Path::getParent)
                    .filter(kind)
                    .map(folder -> sources.relativize(folder)
                            .toString()
                            .replace('/', '.')
                            .replace('\\', '.'))
                    .collect(Collectors.toSet());
        }
    }

    private static boolean hasPackageInfo(Path folder) {
        return Files.exists(folder.resolve("package-info.java"));
    }
}
