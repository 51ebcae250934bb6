package weft;

import static com.tngtech.archunit.base.DescribedPredicate.describe;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noMethods;
import static org.assertj.core.api.Assertions.assertThat;

import com.tngtech.archunit.ArchConfiguration;
import com.tngtech.archunit.base.DescribedPredicate;
import com.tngtech.archunit.core.domain.JavaAccess;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.domain.JavaModifier;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.OnlyIncludeTests;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Timer;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.BaseStream;
import org.junit.jupiter.api.Test;

/** What a machine can see of how our code should read; CONTRIBUTING says why. */
class StyleTest {
    private static final JavaClasses WEFT = FloorsTest.WEFT;
    /** Without the types that tests use: reading all of those takes seconds. */
    private static final JavaClasses TESTS = ArchConfiguration.withThreadLocalScope(configuration -> {
        configuration.setResolveMissingDependenciesFromClassPath(false);
        return new ClassFileImporter().withImportOption(new OnlyIncludeTests()).importPackages("weft");
    });

    @Test
    void onlyTheCommandLinePrints() {
        noClasses()
                .that()
                .resideOutsideOfPackage("weft.app")
                .should()
                .accessTargetWhere(on(System.class, "out|err|in"))
                .orShould()
                .accessTargetWhere(on(Throwable.class, "printStackTrace"))
                .check(WEFT);
    }

    @Test
    void threadsAreStartedInScopesOnly() {
        noClasses()
                .that()
                .resideOutsideOfPackage("weft.concurrent")
                .should()
                .accessTargetWhere(on(Thread.class, "<init>|ofVirtual|ofPlatform|startVirtualThread|start"))
                .orShould()
                .accessTargetWhere(on(ExecutorService.class, "<init>|commonPool"))
                .orShould()
                .accessTargetWhere(on(Executors.class, ".*"))
                .orShould()
                .accessTargetWhere(on(Timer.class, "<init>"))
                .orShould()
                .accessTargetWhere(on(CompletableFuture.class, ".*Async"))
                .orShould()
                .accessTargetWhere(on(BaseStream.class, "parallel"))
                .orShould()
                .accessTargetWhere(on(Iterable.class, "parallelStream"))
                .check(WEFT);
    }

    @Test
    void noMethodIsSynchronized() {
        noMethods().should().haveModifier(JavaModifier.SYNCHRONIZED).check(WEFT);
    }

    /** Before JDK 24 a virtual thread that waits within one holds its carrier. Class files hide blocks from ArchUnit. */
    @Test
    void nothingTakesAMonitor() throws IOException {
        try (var sources = Files.walk(Path.of("src/main/java"))) {
            for (Path source : sources.filter(Files::isRegularFile).toList()) {
                assertThat(Files.readString(source))
                        .as("%s", source)
                        .doesNotContainPattern("\\bsynchronized\\s*\\(|\\bCollections\\s*\\.\\s*synchronized");
            }
        }
    }

    @Test
    void everythingLivesWithWhatItServes() {
        noClasses()
                .should()
                .resideInAnyPackage("..util..", "..utils..", "..common..", "..impl..", "..internal..", "..helper..")
                .check(WEFT);
    }

    @Test
    void namesSayWhatAThingIs() {
        noClasses()
                .should()
                .haveSimpleNameEndingWith("Impl")
                .orShould()
                .haveSimpleNameEndingWith("Manager")
                .orShould()
                .haveSimpleNameEndingWith("Helper")
                .orShould()
                .haveNameMatching(".*Utils?")
                .orShould()
                .haveSimpleNameStartingWith("Abstract")
                .check(WEFT);
    }

    @Test
    void testsAwaitAndNeverSleep() {
        noClasses()
                .should()
                .accessTargetWhere(on(Thread.class, "sleep"))
                .orShould()
                .accessTargetWhere(on(TimeUnit.class, "sleep"))
                .orShould()
                .accessTargetWhere(on(LockSupport.class, "park(Nanos|Until)"))
                .check(TESTS);
    }

    /** With {@code -Djvm} the tests' own JVM may be one that its JDK's bin/java does not start. */
    @Test
    void testsStartAJvmAsTheirOwnWasStarted() throws IOException {
        try (var sources = Files.walk(Path.of("src/test/java"))) {
            assertThat(sources.filter(source -> !source.endsWith("Jvm.java") && !source.endsWith("StyleTest.java"))
                            .filter(Files::isRegularFile))
                    .allSatisfy(source -> assertThat(Files.readString(source)).doesNotContain("\"java.home\""));
        }
    }

    /** An access to a member of a type or its subtypes, by a pattern for its name. */
    private static DescribedPredicate<JavaAccess<?>> on(Class<?> type, String memberPattern) {
        return describe(
                type.getSimpleName() + "." + memberPattern,
                access -> access.getTargetOwner().isAssignableTo(type)
                        && access.getName().matches(memberPattern));
    }
}
