package weft.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import weft.kit.LinkedFolder;
import weft.metainfo.Metainfo;
import weft.storage.StorageException.Reason;
import weft.storage.StorageOptions.Access;

/** Files without bytes, and symbolic links, are made as a storage opens: of what is there nothing is lost by it. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class EmptyFilesTest {
    @TempDir
    private Path directory;

    private final Disk disk = Disk.open();

    @AfterEach
    void closeDisk() {
        disk.close();
    }

    private Storage open(Access access) throws Exception {
        return open(access, TorrentFiles.allOf(LinkedFolder.metainfo().layout()));
    }

    private Storage open(Access access, BitSet wanted) throws Exception {
        Metainfo torrent = LinkedFolder.metainfo();
        var options = StorageOptions.defaults().withAccess(access);
        return Storage.ofFiles(disk, directory, torrent.layout(), torrent.infoHash(), wanted, options);
    }

    private Path file(String name) {
        return LinkedFolder.in(directory).resolve(name);
    }

    @EachAccess
    void linksAreMadeOnceAndWhatTheyLeadToKeepsItsBytes(Access access) throws Exception {
        LinkedFolder.writeInto(directory);

        for (int run = 0; run < 3; run++) {
            open(access).close();

            LinkedFolder.assertLiesIn(directory);
        }
    }

    @EachAccess
    void aLinkWhoseTargetIsNotThereYetIsNoObstacle(Access access) throws Exception {
        open(access).close();

        try (var storage = open(access)) {
            assertThat(file("to-a")).isSymbolicLink();
            assertThat(Files.exists(file("to-a"))).isFalse();
            storage.write(0, 0, ByteBuffer.wrap(new byte[] {7}));
        }
        assertThat(file("to-a"))
                .hasSize(LinkedFolder.metainfo().files().getFirst().length());
    }

    /** Such as what a copy has made of links that it followed, or a note of the user's. */
    @EachAccess
    void whatIsThereInsteadStaysAsItIs(Access access) throws Exception {
        LinkedFolder.writeInto(directory);
        Files.writeString(file("to-a"), "a copy");
        Files.createDirectory(file("to-sub"));
        Files.writeString(file("to-sub").resolve("b"), "another");
        Files.writeString(file("empty"), "a note");

        try (var storage = open(access, new BitSet())) {
            storage.setWanted(TorrentFiles.allOf(LinkedFolder.metainfo().layout()));
            storage.flush();
        }

        assertThat(file("to-a")).hasContent("a copy");
        assertThat(file("to-sub").resolve("b")).hasContent("another");
        assertThat(file("empty")).hasContent("a note");
    }

    @EachAccess
    void aLinkOfTheUsersIsNotWrittenThrough(Access access) throws Exception {
        LinkedFolder.writeInto(directory);
        Path own = Files.writeString(directory.resolve("own"), "the user's");
        Files.createSymbolicLink(file("empty"), own);
        Files.createSymbolicLink(file("to-a"), own);

        open(access).close();

        assertThat(own).hasContent("the user's");
    }

    @EachAccess
    void aDirectoryWhereAnEmptyFileShouldBeIsNamed(Access access) throws IOException {
        Files.createDirectories(file("empty"));

        assertThatThrownBy(() -> open(access))
                .hasMessageContaining(file("empty").toString())
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.reason()).isEqualTo(Reason.IN_THE_WAY));
    }
}
