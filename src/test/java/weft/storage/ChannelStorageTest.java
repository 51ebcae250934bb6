package weft.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import weft.storage.StorageOptions.Access;

/** What {@link ChannelStorage} does differently from {@link MappedStorage}, and where it is chosen. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class ChannelStorageTest {

    private static final Content CONTENT = Content.of(256 << 10, 100_000, 700_000);

    @TempDir
    private Path directory;

    private final Disk disk = Disk.open();

    @AfterEach
    void closeDisk() {
        disk.close();
    }

    private Storage open(Access access) throws IOException {
        var all = new BitSet();
        all.set(0, 2);
        return Storage.ofFiles(
                disk,
                directory,
                CONTENT.layout(),
                Content.INFO_HASH,
                all,
                StorageOptions.defaults().withAccess(access));
    }

    @Test
    void nothingIsEverMapped() throws IOException {
        try (var storage = ChannelStorage.open(disk, directory, CONTENT.layout(), Content.INFO_HASH)) {
            CONTENT.writeTo(storage);
            for (int piece = 0; piece < CONTENT.pieceCount(); piece++) {
                try (Lease lease = storage.lend(piece, 0, CONTENT.layout().pieceLength(piece))) {
                    assertThat(disk.mappedBytes()).isZero();
                    assertThat(lease.buffers()[0]).isEqualTo(CONTENT.piece(piece));
                }
            }
        }
    }

    @Test
    void manyBlocksAreLentAsOneStretchOfDirectMemory() throws IOException {
        try (var storage = ChannelStorage.open(disk, directory, CONTENT.layout(), Content.INFO_HASH)) {
            CONTENT.writeTo(storage);

            try (Lease lease = storage.lend(0, 0, 256 << 10)) {
                assertThat(lease.buffers()).hasSize(1).allMatch(ByteBuffer::isDirect);
            }
        }
    }

    @Test
    void memoryThatIsGivenBackIsLentAgain() throws IOException {
        try (var storage = ChannelStorage.open(disk, directory, CONTENT.layout(), Content.INFO_HASH)) {
            CONTENT.writeTo(storage);
            for (int i = 0; i < 5_000; i++) {
                try (Lease one = storage.lend(1, 0, 100_000);
                        Lease other = storage.lend(0, 0, 100)) {
                    // Were it not, there would soon be none left but the heap's.
                    assertThat(one.buffers()[0].isDirect()).isTrue();
                    assertThat(other.buffers()[0].isDirect()).isTrue();
                }
            }
        }
    }

    @Test
    void whatIsLentAtATimeIsNeverTheSameMemory() throws IOException {
        var leases = new ArrayList<Lease>();
        try (var storage = ChannelStorage.open(disk, directory, CONTENT.layout(), Content.INFO_HASH)) {
            CONTENT.writeTo(storage);
            for (int i = 0; i < 200; i++) { // some of it is the heap's
                leases.add(storage.lend(i % 3, 1000 * i % 7, 200_000));
            }
            for (int i = 0; i < 200; i++) {
                assertThat(leases.get(i).buffers()[0]).isEqualTo(CONTENT.slice(i % 3, 1000 * i % 7, 200_000));
            }
            leases.forEach(Lease::close);
        }
        var buffers = Collections.newSetFromMap(new IdentityHashMap<ByteBuffer, Boolean>());
        leases.forEach(lease -> buffers.add(lease.buffers()[0]));
        assertThat(buffers).hasSize(200);
    }

    @Test
    void whoLeavesWhileHisCopyIsReadLeavesNoHoleInTheMemory() throws Exception {
        var copies = new CopyBuffers();
        var memory = new AtomicReference<ByteBuffer>();
        for (int i = 0; i < 200; i++) {
            var reading = new CountDownLatch(1);
            var left = new CountDownLatch(1);
            var thread = Thread.currentThread();
            var interrupter = Thread.ofVirtual().start(() -> {
                awaitUninterrupted(reading);
                thread.interrupt();
            });
            assertThatThrownBy(() -> copies.lend(disk, 200_000, target -> {
                        memory.set(target);
                        reading.countDown();
                        awaitUninterrupted(left);
                        target.put(new byte[200_000]);
                    }))
                    .isInstanceOf(InterruptedIOException.class);
            assertThat(Thread.interrupted()).isTrue();
            left.countDown();
            interrupter.join();
        }

        assertThat(memory.get().isDirect()).isTrue();
    }

    private static void awaitUninterrupted(CountDownLatch latch) {
        try {
            latch.await();
        } catch (InterruptedException e) {
            throw new IllegalStateException(e); // nobody interrupts these threads
        }
    }

    // Where it is chosen

    @Test
    void accessIsAsTheOptionsSay() throws IOException {
        try (var mapped = open(Access.MAPPED)) {
            assertThat(mapped).isInstanceOf(MappedStorage.class);
        }
        try (var channel = open(Access.CHANNEL)) {
            assertThat(channel).isInstanceOf(ChannelStorage.class);
        }
    }

    @Test
    void ofItselfALocalFileSystemIsMapped() throws IOException {
        try (var storage = open(Access.AUTOMATIC)) {
            assertThat(storage).isInstanceOf(MappedStorage.class);
        }
        try (var storage = openOn("ext4", directory)) {
            assertThat(storage).isInstanceOf(MappedStorage.class);
        }
    }

    @Test
    void ofItselfANetworksFileSystemIsNot() throws IOException {
        try (var storage = openOn("nfs4", directory)) {
            assertThat(storage).isInstanceOf(ChannelStorage.class);
        }
        try (var storage = openOn("nfs4", directory.resolve("to be made"))) {
            assertThat(storage).isInstanceOf(ChannelStorage.class);
        }
    }

    private Storage openOn(String fileSystem, Path where) throws IOException {
        return FileStorage.open(
                disk, where, CONTENT.layout(), Content.INFO_HASH, new BitSet(), StorageOptions.defaults(), existing -> {
                    assertThat(existing).isEqualTo(directory);
                    return fileSystem;
                });
    }

    @Test
    void theSystemIsAskedForTheTypeOfAFileSystem() throws IOException {
        Path proc = Path.of("/proc");
        assumeThat(proc.resolve("self")).as("Linux").exists();

        assertThat(NetworkFileSystems.typeOf(proc)).isEqualTo("proc");
    }

    @ParameterizedTest
    @ValueSource(
            strings = {
                "nfs",
                "nfs4",
                "cifs",
                "smb3",
                "smbfs",
                "9p",
                "fuse.sshfs",
                "fuse.rclone",
                "fuse",
                "afpfs",
                "webdav",
                "ceph",
                "NFS"
            })
    void networksFileSystemsAreKnownByTheirNames(String type) {
        assertThat(NetworkFileSystems.isOne(type)).isTrue();
    }

    @ParameterizedTest
    @ValueSource(strings = {"ext4", "xfs", "btrfs", "tmpfs", "overlay", "apfs", "NTFS", "fuseblk", "zfs", "exfat", ""})
    void localFileSystemsAreNone(String type) {
        assertThat(NetworkFileSystems.isOne(type)).isFalse();
    }
}
