package weft.app;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;

class VersionTest {
    @Test
    void versionIsThatOfTheBuild() throws Exception {
        assertThat(Files.readString(Path.of("pom.xml")))
                .contains("<artifactId>weft</artifactId>\n  <version>" + Version.NUMBER + "</version>");
    }
}
