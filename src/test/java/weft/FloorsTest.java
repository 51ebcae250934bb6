package weft;

import static com.tngtech.archunit.lang.SimpleConditionEvent.violated;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.classes;
import static com.tngtech.archunit.lang.syntax.ArchRuleDefinition.noClasses;

import com.tngtech.archunit.core.domain.JavaClass;
import com.tngtech.archunit.core.domain.JavaClasses;
import com.tngtech.archunit.core.importer.ClassFileImporter;
import com.tngtech.archunit.core.importer.ImportOption.DoNotIncludeTests;
import com.tngtech.archunit.lang.ArchCondition;
import com.tngtech.archunit.lang.ConditionEvents;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** The house: packages are floors, and each uses only what is on floors below its own. */
class FloorsTest {
    private static final Map<String, Integer> FLOORS = Map.ofEntries(
            Map.entry("weft.app", 6),
            Map.entry("weft", 5),
            Map.entry("weft.swarm", 4),
            Map.entry("weft.picker", 3),
            Map.entry("weft.tracker", 3),
            Map.entry("weft.dht", 3),
            Map.entry("weft.lan", 3),
            Map.entry("weft.webseed", 3),
            Map.entry("weft.wire", 2),
            Map.entry("weft.extension", 2),
            Map.entry("weft.net", 2),
            Map.entry("weft.storage", 2),
            Map.entry("weft.metainfo", 1),
            Map.entry("weft.bencode", 0),
            Map.entry("weft.concurrent", 0));

    static final JavaClasses WEFT =
            new ClassFileImporter().withImportOption(new DoNotIncludeTests()).importPackages("weft");

    @Test
    void everyPackageHasAFloor() {
        classes()
                .should(new ArchCondition<>("be on a floor") {
                    @Override
                    public void check(JavaClass type, ConditionEvents events) {
                        if (!FLOORS.containsKey(type.getPackageName())) {
                            events.add(violated(type, type.getName() + " is in a package without a floor"));
                        }
                    }
                })
                .check(WEFT);
    }

    @Test
    void packagesUseOnlyFloorsBelowTheirOwn() {
        classes()
                .should(new ArchCondition<>("use only floors below their own") {
                    @Override
                    public void check(JavaClass type, ConditionEvents events) {
                        for (var use : type.getDirectDependenciesFromSelf()) {
                            var used = use.getTargetClass().getPackageName();
                            if (isUpward(type.getPackageName(), used)) {
                                events.add(violated(use, use.getDescription()));
                            }
                        }
                    }
                })
                .check(WEFT);
    }

    private static boolean isUpward(String user, String used) {
        return !used.equals(user) && FLOORS.containsKey(used) && FLOORS.get(used) >= FLOORS.getOrDefault(user, 0);
    }

    @Test
    void onlyTheCommandLineKnowsPicocli() {
        noClasses()
                .that()
                .resideOutsideOfPackage("weft.app")
                .should()
                .dependOnClassesThat()
                .resideInAPackage("picocli..")
                .check(WEFT);
    }
}
