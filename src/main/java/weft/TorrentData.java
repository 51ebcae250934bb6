package weft;

import java.io.IOException;
import java.io.InterruptedIOException;
import java.nio.channels.ClosedChannelException;
import java.nio.file.Path;
import java.time.InstantSource;
import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import java.util.function.BooleanSupplier;
import weft.metainfo.Metainfo;
import weft.storage.Disk;
import weft.storage.HashCheck;
import weft.storage.OffloadedStorage;
import weft.storage.PieceVerifier;
import weft.storage.ResumeData;
import weft.storage.ResumeState;
import weft.storage.Resumed;
import weft.storage.Storage;

/**
 * What lies on disk of one torrent: its storage while it is open, and what an earlier run has left. Used by the torrent's
 * own thread, which alone waits for the disk; what others may ask is said so.
 */
final class TorrentData {
    /** Told of every piece of a hash check. */
    @FunctionalInterface
    interface PieceListener {
        void onPiece(int piece, boolean whole, int checked);
    }

    private static final System.Logger LOG = System.getLogger("weft");

    private final Metainfo metainfo;
    private final AddOptions options;
    private final Disk disk;

    private final ResumeData resumeData;

    private Storage storage; // or null: closed
    private ResumeData.Note note; // what the files were like when they were closed, or not open yet; or null
    private boolean doubtful; // what is known of the files need not be true any more
    private String saidOfSaving = ""; // why resume data is not written
    private BitSet wanted = new BitSet();
    private volatile boolean loaded;
    private volatile long uploadedBefore;
    private volatile long downloadedBefore;

    TorrentData(Metainfo metainfo, AddOptions options, Disk disk) {
        this.metainfo = metainfo;
        this.options = options;
        this.disk = disk.share();
        this.resumeData = new ResumeData(
                this.disk, options.directory(), metainfo.layout(), metainfo.infoHash(), InstantSource.system());
        for (int file = 0; file < metainfo.files().size(); file++) {
            wanted.set(file, options.priorities().getOrDefault(file, 1) > 0);
        }
    }

    Path directory() {
        return options.directory();
    }

    /** Whether what an earlier run has left is known. May be asked by any thread. */
    boolean isLoaded() {
        return loaded;
    }

    /** Whether the disk does not get on: see {@link Disk#isStuck}. May be asked by any thread. */
    boolean isDiskStuck() {
        return disk.isStuck();
    }

    /** Bytes served in earlier runs. May be asked by any thread. */
    long uploadedBefore() {
        return uploadedBefore;
    }

    /** Bytes received in earlier runs. May be asked by any thread. */
    long downloadedBefore() {
        return downloadedBefore;
    }

    /** Finds out what an earlier run has left: what can be trusted, and what is to be hashed first. */
    Resumed load() throws IOException {
        // Before they are compared with what was saved: what changes from now on is a change.
        var before = isOurs() ? resumeData.note(ResumeState.empty()) : null;
        Resumed found;
        if (options.storage().isPresent()) {
            var held = disk.mayHold(options.storage().get(), metainfo.layout().pieceCount());
            found = new Resumed(ResumeState.empty(), held, List.of());
        } else if (options.resume()) {
            found = resumeData.load();
        } else {
            found = resumeData.withoutTrust();
        }
        found.reasons().forEach(reason -> LOG.log(System.Logger.Level.INFO, "{0}: {1}", metainfo.name(), reason));
        uploadedBefore = found.state().uploaded();
        downloadedBefore = found.state().downloaded();
        note = before == null ? null : before.of(found.state());
        loaded = true;
        return found;
    }

    private Storage own() {
        return OffloadedStorage.of(disk, options.storage().orElseThrow());
    }

    /** Opens the storage, if it is closed. */
    void open() throws IOException {
        if (storage == null) {
            storage = options.storage().isPresent()
                    ? own()
                    : Storage.ofFiles(
                            disk,
                            options.directory(),
                            metainfo.layout(),
                            metainfo.infoHash(),
                            wanted,
                            options.storageOptions());
            note = null; // and not if opening fails: the files go on being closed
        }
    }

    Storage storage() {
        return storage;
    }

    PieceVerifier verifier() {
        return new PieceVerifier(disk, metainfo.layout(), storage, metainfo::pieceHashEquals);
    }

    /** Sets which files are wanted; those that are not never come into being. */
    void setWanted(int[] filePriorities) throws IOException {
        var nowWanted = new BitSet();
        for (int file = 0; file < filePriorities.length; file++) {
            nowWanted.set(file, filePriorities[file] > 0);
        }
        wanted = nowWanted;
        if (storage != null) {
            boolean isSet = false;
            try {
                storage.setWanted(nowWanted);
                isSet = true;
            } finally {
                doubtful |= !isSet; // a file may have been made, and its bytes still be kept aside
            }
        }
    }

    /** The priority of every piece: the highest of the files that it has bytes of. */
    int[] piecePriorities(int[] filePriorities) {
        var layout = metainfo.layout();
        var priorities = new int[layout.pieceCount()];
        for (var file : metainfo.files()) {
            if (!file.isPadding() && file.length() > 0) {
                var pieces = layout.piecesOf(file.index());
                for (int piece = pieces.first(); piece < pieces.end(); piece++) {
                    priorities[piece] = Math.max(priorities[piece], filePriorities[file.index()]);
                }
            }
        }
        return priorities;
    }

    /** Hashes what lies on disk of these pieces, until it is done or {@code cancelled}. */
    void check(BitSet pieces, BooleanSupplier cancelled, PieceListener listener)
            throws IOException, InterruptedException {
        var checks = new HashCheck[1];
        var check = new HashCheck(verifier(), pieces, (piece, good, checked) -> {
            listener.onPiece(piece, good, checked);
            if (cancelled.getAsBoolean()) {
                checks[0].cancel();
            }
        });
        checks[0] = check;
        check.run();
    }

    /**
     * Writes down what a later run needs to go on, after making sure that it is true. That it cannot be written is no
     * fault of the torrent's, and only logged: a torrent can be seeded from where nothing may be changed.
     *
     * @return false if it could not be written, and may be another time
     */
    boolean save(ResumeState state, boolean clean) throws IOException {
        try {
            if (storage != null) {
                storage.flush();
            }
        } catch (ClosedChannelException | InterruptedIOException e) {
            throw e; // nothing was tried, or there was no time to wait for it
        } catch (IOException | RuntimeException e) {
            doubtful = true; // the system may have dropped what it could not write, and says so only once
            write(state, clean);
            throw e;
        }
        return write(state, clean);
    }

    private boolean write(ResumeState state, boolean clean) throws IOException {
        boolean isOpen = storage != null;
        if (!loaded || !options.resume() || !isOurs() || (!isOpen && note == null && !doubtful)) {
            return true;
        }
        try {
            if (options.storageOptions().readOnly() || !resumeData.isWritable()) {
                saySaving(System.Logger.Level.INFO, options.directory() + " is read-only");
            } else if (doubtful) {
                resumeData.saveDoubt(state, isOpen);
            } else if (isOpen) {
                resumeData.save(state, clean, storage);
            } else {
                resumeData.saveClosed(state, note);
            }
            return true;
        } catch (ClosedChannelException | InterruptedIOException e) {
            throw e; // it is not the disk that will not have it
        } catch (IOException e) {
            saySaving(System.Logger.Level.WARNING, e.getMessage());
            return false;
        }
    }

    /** True if nothing is believed of the files until it is looked at. */
    boolean isDoubtful() {
        return doubtful;
    }

    /** Once, not every half minute. */
    private void saySaving(System.Logger.Level level, String why) {
        if (!why.equals(saidOfSaving)) {
            saidOfSaving = why;
            LOG.log(level, "{0}: resume data is not written: {1}", metainfo.name(), why);
        }
    }

    /** Whether the pieces are in files of ours, and not in a storage that somebody else made. */
    private boolean isOurs() {
        return options.storage().isEmpty();
    }

    /** From now on nothing is believed of the files until it is looked at. */
    void doubt() {
        doubtful = true;
    }

    /**
     * What has become of the files while they were closed, if that is not the same: what is still true, and what is to be
     * hashed. Empty also while the storage is open.
     */
    Optional<Resumed> changes() throws IOException {
        if (storage != null || !isOurs() || (note == null && !doubtful)) {
            return Optional.empty();
        }
        Resumed found;
        if (doubtful) {
            note = resumeData.note(ResumeState.empty());
            found = resumeData.withoutTrust();
            doubtful = false;
        } else {
            found = resumeData.changesSince(note);
            if (found.reasons().isEmpty()) {
                return Optional.empty();
            }
        }
        found.reasons().forEach(reason -> LOG.log(System.Logger.Level.INFO, "{0}: {1}", metainfo.name(), reason));
        return Optional.of(found);
    }

    /** Whether there is room for {@code missing} more bytes of the torrent, as far as the file system says. */
    boolean hasRoomFor(long missing) throws IOException {
        var usable = disk.usableSpace(options.directory());
        long needed = options.storageOptions().allocateFull() ? resumeData.bytesToGrow(wanted) : missing;
        return usable.isEmpty() || usable.getAsLong() >= needed;
    }

    /** Closes the storage, and notes what the files are like, of which {@code state} is known. */
    void close(ResumeState state) {
        var closed = storage;
        close();
        if (closed != null && isOurs()) {
            try {
                note = resumeData.note(state, closed);
            } catch (IOException e) {
                LOG.log(System.Logger.Level.DEBUG, () -> "looking at the files of " + metainfo.name(), e);
                doubtful = true;
            }
        }
    }

    /** Closes the storage, for good. */
    void close() {
        var closing = storage;
        storage = null;
        if (closing != null) {
            try {
                disk.closeStorage(closing);
            } catch (IOException e) {
                LOG.log(System.Logger.Level.WARNING, "closing {0}: {1}", metainfo.name(), e.getMessage());
            }
        }
    }
}
