package weft;

import static java.nio.charset.StandardCharsets.UTF_8;
import static java.util.stream.Collectors.toSet;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.io.File;
import java.io.IOException;
import java.lang.module.Configuration;
import java.lang.module.ModuleFinder;
import java.lang.module.ResolvedModule;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import javax.xml.parsers.DocumentBuilderFactory;
import javax.xml.xpath.XPathConstants;
import javax.xml.xpath.XPathFactory;
import org.junit.jupiter.api.Test;
import org.w3c.dom.NodeList;
import weft.kit.Jvm;

/** The jar as its users get it. */
class JarIT {
    private static final Path JAR = Path.of(System.getProperty("weft.jar"));
    private static final Path LIBRARIES = JAR.resolveSibling("lib");

    @Test
    void libraryUserNeedsTheJdkAndCommonsCodecAlone() throws Exception {
        var dependencies = (NodeList) XPathFactory.newInstance()
                .newXPath()
                .evaluate(
                        "/project/dependencies/dependency[not(scope = 'test') and not(optional = 'true')]/artifactId",
                        DocumentBuilderFactory.newInstance()
                                .newDocumentBuilder()
                                .parse("pom.xml"),
                        XPathConstants.NODESET);

        assertThat(dependencies.getLength()).isEqualTo(1);
        assertThat(dependencies.item(0).getTextContent()).isEqualTo("commons-codec");
    }

    @Test
    void moduleResolvesWithoutPicocli() throws IOException {
        var modules = Configuration.resolve(
                        ModuleFinder.of(JAR, library("commons-codec")),
                        List.of(ModuleLayer.boot().configuration()),
                        ModuleFinder.of(),
                        Set.of("weft"))
                .modules();

        assertThat(modules.stream().map(ResolvedModule::name).collect(toSet()))
                .containsExactlyInAnyOrder("weft", "org.apache.commons.codec");
    }

    @Test
    void commandLineRunsAsAModule() throws Exception {
        var java = Jvm.executable();
        assumeTrue(run(java, "--version").status() == 0, () -> java + " does not run by itself");

        var result = run(
                java,
                "-p",
                JAR + File.pathSeparator + LIBRARIES,
                "--add-modules",
                "info.picocli",
                "-m",
                "weft",
                "--version");

        assertThat(result.output()).contains("0.1.0");
        assertThat(result.status()).isZero();
    }

    private static Result run(String... command) throws Exception {
        var process = new ProcessBuilder(command).redirectErrorStream(true).start();
        var output = new String(process.getInputStream().readAllBytes(), UTF_8);
        return new Result(output, process.waitFor());
    }

    private record Result(String output, int status) {}

    private static Path library(String name) throws IOException {
        try (var files = Files.newDirectoryStream(LIBRARIES, name + "-*.jar")) {
            return files.iterator().next();
        }
    }
}
