package weft.storage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.catchThrowable;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.ByteBuffer;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import org.assertj.core.api.ThrowableAssert.ThrowingCallable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.api.io.TempDir;
import weft.concurrent.TaskScope;
import weft.kit.Await;
import weft.kit.Jvm;
import weft.storage.StorageException.Reason;

/** Two that write to the same files would spoil them for each other. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class TorrentLockTest {

    private static final Content CONTENT = Content.of(16_384, 20_000, 0);

    @TempDir
    private Path directory;

    private final Disk disk = Disk.open();

    @AfterEach
    void closeDisk() {
        disk.close();
    }

    private static Storage open(Disk disk, Path directory) throws IOException {
        return MappedStorage.open(disk, directory, CONTENT.layout(), Content.INFO_HASH);
    }

    private static void assertInUse(ThrowingCallable call) {
        assertThatThrownBy(call)
                .hasMessageContaining(" is in use: another process or client has this torrent open there")
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.reason()).isEqualTo(Reason.IN_USE));
    }

    @Test
    void anotherClientOfThisProcessIsRefused() throws IOException {
        try (var otherDisk = Disk.open()) {
            try (var first = open(disk, directory)) {
                assertInUse(() -> open(otherDisk, directory));
                assertInUse(() -> open(otherDisk, directory)); // the first attempt took nothing from who has it

                CONTENT.writeTo(first);
            }
            try (var second = open(otherDisk, directory)) {
                assertThat(Content.read(second, 1, 0, 3_616)).isEqualTo(CONTENT.piece(1));
                assertInUse(() -> open(disk, directory));
            }
        }
    }

    /** As when the disk has come to a halt: closing does not wait for it, but what is written late must spoil nothing. */
    @Test
    void whoIsStillWritingKeepsOthersOutAfterClosing() throws Exception {
        int threads = DiskOptions.defaults().fileThreads();
        var halted = new CountDownLatch(threads);
        var goOn = new CountDownLatch(1);
        var slow = disk.share();
        var storage = ChannelStorage.open(
                slow, directory, CONTENT.layout(), Content.INFO_HASH, new BitSet(), StorageOptions.defaults());
        CONTENT.writeTo(storage, 1);
        try (var otherDisk = Disk.open();
                var scope = TaskScope.supervised("test", (task, e) -> {})) {
            for (int i = 0; i < threads; i++) {
                scope.fork(
                        "halt " + i,
                        () -> slow.onFileThread(() -> {
                            halted.countDown();
                            goOn.await();
                            return null;
                        }));
            }
            halted.await();
            var failure = new CompletableFuture<Throwable>();
            var writer = Thread.ofPlatform()
                    .unstarted(() -> failure.complete(catchThrowable(() -> CONTENT.writeTo(storage, 0))));
            writer.start();
            Await.until("it is in the middle of it", () -> writer.getState() == Thread.State.WAITING);

            storage.close();

            assertInUse(() -> open(otherDisk, directory));
            goOn.countDown();
            writer.join();
            assertThat(failure.get()).isInstanceOf(ClosedChannelException.class); // its files were closed by then
            open(otherDisk, directory).close();
        }
    }

    @Test
    void anotherProcessIsRefusedAndWhatAKilledOneHadIsFree() throws Exception {
        try (var other = Jvm.of(Holder.class, directory.toString())
                .start(directory.resolveSibling(directory.getFileName() + ".out"))) {
            other.awaitOutput("held");

            assertInUse(() -> open(disk, directory));
            assertInUse(() -> open(disk, directory));

            other.kill();
            try (var storage = open(disk, directory)) {
                CONTENT.writeTo(storage);
            }
        } finally {
            Files.delete(directory.resolveSibling(directory.getFileName() + ".out"));
        }
    }

    @Test
    void whoHasItKeepsItAfterOthersWereRefused() throws Exception {
        Path output = directory.resolveSibling(directory.getFileName() + ".out");
        try (var storage = open(disk, directory)) {
            assertInUse(() -> open(disk, directory)); // a file opened and closed again here would give up the lock

            try (var other = Jvm.of(Holder.class, directory.toString()).start(output)) {
                other.awaitOutput("IN_USE");
            }
            storage.flush();
        } finally {
            Files.delete(output);
        }
    }

    /** The other process: opens the files and holds them until it is killed. */
    static final class Holder {
        private Holder() {}

        @SuppressWarnings("resource") // it is killed with it open
        public static void main(String[] args) throws Exception {
            try {
                var storage = open(Disk.open(), Path.of(args[0]));
                storage.write(0, 0, ByteBuffer.allocate(10));
                System.out.println("held");
            } catch (StorageException e) {
                System.out.println(e.reason());
            }
            new CountDownLatch(1).await();
        }
    }

    @Test
    void linksToTheDirectoryLeadToTheSameLock(@TempDir Path elsewhere) throws IOException {
        Path link = Files.createSymbolicLink(elsewhere.resolve("link"), directory);
        try (var storage = open(disk, directory)) {
            assertInUse(() -> open(disk, link));
            storage.flush();
        }
    }

    @Test
    void itLeavesNoTrace() throws IOException {
        try (var storage = open(disk, directory)) {
            assertThat(directory.resolve(".weft")).isDirectoryContaining("glob:**.lock");
            storage.flush();
        }

        assertThat(directory.resolve(".weft")).doesNotExist();
    }

    @Test
    void whoOnlyReadsNeedsNone() throws IOException {
        var all = new BitSet();
        all.set(0, 2);
        try (var writer = open(disk, directory)) {
            CONTENT.writeTo(writer);
            try (var reader = MappedStorage.open(
                    disk,
                    directory,
                    CONTENT.layout(),
                    Content.INFO_HASH,
                    all,
                    StorageOptions.defaults().withReadOnly())) {
                assertThat(Content.read(reader, 0, 0, 16_384)).isEqualTo(CONTENT.piece(0));
            }
            assertInUse(() -> open(disk, directory));
        }
    }

    @Test
    void whereNoneCanBeMadeItIsDoneWithout() throws IOException {
        Files.write(directory.resolve(".weft"), new byte[0]);

        try (var storage = open(disk, directory)) {
            assertThatCode(() -> CONTENT.writeTo(storage)).doesNotThrowAnyException();
            assertInUse(() -> open(disk, directory));
        }
    }

    @Test
    void aLinkInItsPlaceIsRefusedAndWhatItLeadsToIsLeftAlone(@TempDir Path elsewhere) throws IOException {
        Path file = Files.writeString(elsewhere.resolve("precious"), "precious");
        Path own = Files.createDirectory(directory.resolve(".weft"));
        Path link = Files.createSymbolicLink(own.resolve(Content.INFO_HASH.toHex() + ".lock"), file);

        assertUnsafe();
        Files.delete(link);
        Files.delete(own);
        Files.createLink(elsewhere.resolve(link.getFileName()), file);
        Files.createSymbolicLink(own, elsewhere);
        assertUnsafe();

        assertThat(file).hasContent("precious");
    }

    private void assertUnsafe() {
        assertThatThrownBy(() -> open(disk, directory))
                .hasMessageContaining("symbolic link")
                .isInstanceOfSatisfying(
                        StorageException.class, e -> assertThat(e.reason()).isEqualTo(Reason.UNSAFE_PATH));
    }

    @Test
    void whoIsInterruptedWhileOpeningKeepsNobodyOut() throws Exception {
        try (var single = Disk.open(DiskOptions.defaults().withFileThreads(1))) {
            var release = new CountDownLatch(1);
            var busy = new CountDownLatch(1);
            var blocked = new CompletableFuture<Throwable>();
            Thread.ofVirtual()
                    .start(() -> blocked.complete(catchThrowable(() -> single.onFileThread(() -> {
                        busy.countDown();
                        release.await();
                        return null;
                    }))));
            busy.await();
            var thrown = new CompletableFuture<Throwable>();
            var opener = Thread.ofVirtual().start(() -> thrown.complete(catchThrowable(() -> open(single, directory))));
            Await.until("waits", () -> opener.getState() == Thread.State.WAITING);

            opener.interrupt();

            assertThat(thrown.get()).isInstanceOf(InterruptedIOException.class);
            release.countDown();
            assertThat(blocked.get()).isNull();
            try (var storage = open(single, directory)) { // by the same thread, after what nobody waits for any more
                CONTENT.writeTo(storage);
            }
        }
    }

    @Test
    void resumeDataOfOthersIsNotOverwritten() throws IOException {
        var resume = new ResumeData(disk, directory, CONTENT.layout(), Content.INFO_HASH, InstantSource.system());
        var note = resume.note(ResumeState.empty());
        try (var storage = open(disk, directory)) {
            assertInUse(() -> resume.saveClosed(ResumeState.empty(), note));
            assertInUse(() -> resume.saveDoubt(ResumeState.empty(), false));
            storage.flush();
        }
        assertThat(resume.path()).doesNotExist();

        resume.saveClosed(ResumeState.empty(), note);

        assertThat(directory.resolve(".weft")).isDirectoryContaining("glob:**.resume");
        assertThat(directory.resolve(".weft").toFile().list()).hasSize(1);
    }

    @Test
    void resumeDataThatOthersHaveSavedSinceStays() throws IOException {
        var ours = new ResumeData(disk, directory, CONTENT.layout(), Content.INFO_HASH, InstantSource.system());
        var theirs = new ResumeData(disk, directory, CONTENT.layout(), Content.INFO_HASH, InstantSource.system());
        ours.load();
        var note = ours.note(ResumeState.empty());
        var state = new ResumeState(new BitSet(), Map.of(), List.of(), 17, 0);
        theirs.save(state, true, new MemoryStorage(CONTENT.layout()));

        ours.saveClosed(ResumeState.empty(), note);
        ours.saveDoubt(ResumeState.empty(), false);

        assertThat(theirs.load().state().uploaded()).isEqualTo(17);
    }
}
