package weft.storage;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.InstantSource;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.concurrent.locks.ReentrantLock;
import weft.metainfo.InfoHash;
import weft.metainfo.Layout;
import weft.metainfo.PieceRange;
import weft.metainfo.TorrentFile;

/**
 * Remembers a torrent's state between two runs, in {@code DIR/.weft/INFOHASH.resume}, and says how much of it is still
 * true. One per torrent, of use while its files are in {@code DIR}. Any thread may call it, and waits for the disk.
 *
 * <p>Saving goes like this, every {@link #INTERVAL} or so while something is written, and at the end:
 *
 * <ol>
 *   <li>note the state, {@link Storage#flush flush} the storage, and only then {@link #save} what was noted: no piece is
 *       claimed that a power cut could undo;
 *   <li>a temporary file takes the place of the old one when it is on disk itself: there is a whole file at any moment.
 * </ol>
 *
 * <p>With the state goes the size and the modification time of each file, or a mark that others have been at it while it
 * was open. What is claimed is trusted where these have not changed. After a run that ended without saving ("unclean") a
 * file of which something was missing, and that was changed no later than shortly after the last save, was changed by that
 * run itself: claims are trusted, and what is not claimed is to be checked, as it may have come in since. A file that was
 * changed otherwise is to be checked, and one that is gone is gone.
 */
public final class ResumeData {

    private static final System.Logger LOG = System.getLogger("weft.storage");

    /** How often to save while something is written. What came in since is hashed again after an unclean end. */
    public static final Duration INTERVAL = Duration.ofSeconds(30);

    /** An unclean run may have gone on writing for so long after its last save: four intervals, for a slow disk. */
    private static final Duration GRACE = INTERVAL.multipliedBy(4);

    private final Disk disk;
    private final DownloadDirectory directory;
    private final Layout layout;
    private final InfoHash infoHash;
    private final InstantSource clock;
    private final Path path;
    private final ReentrantLock saving = new ReentrantLock(); // of file threads only
    private volatile FileStamp known; // of the resume file when we last read or wrote it, or null

    /**
     * The resume data of one torrent.
     *
     * @param directory where its files are
     * @param clock the one that modification times are taken from, {@code InstantSource.system()} but in tests
     */
    public ResumeData(Disk disk, Path directory, Layout layout, InfoHash infoHash, InstantSource clock) {
        this.disk = Objects.requireNonNull(disk, "disk");
        this.directory = new DownloadDirectory(directory);
        this.layout = Objects.requireNonNull(layout, "layout");
        this.infoHash = Objects.requireNonNull(infoHash, "infoHash");
        this.clock = Objects.requireNonNull(clock, "clock");
        this.path = this.directory.resumeFile(infoHash);
    }

    /** The file. */
    public Path path() {
        return path;
    }

    /**
     * Saves a state all of whose claims the storage has flushed. Only for who has the storage open, and so keeps others out.
     *
     * @param clean true if nothing will be written to the storage any more
     * @param storage that of the files, which knows what others have done to them meanwhile
     */
    public void save(ResumeState state, boolean clean, Storage storage) throws IOException {
        disk.onFileThread(() -> {
            replaceBy(claim(state, clean, storage));
            return null;
        });
    }

    /** Files that others have changed under an open storage are claimed in such a way that the next run looks at them. */
    private ResumeFormat claim(ResumeState state, boolean clean, Storage storage) throws IOException {
        long now = ResumeFormat.nanos(clock.instant());
        return storage instanceof FileStorage files
                ? new ResumeFormat(state, files.claims(), files.partFileClaim(), clean, now)
                : new ResumeFormat(state, stamps(), partStamp(), clean, now);
    }

    /**
     * Saves a state after the storage was closed: true of the files as they were when {@code note} was made, so that what
     * has become of them since is found. Does nothing if somebody else has saved since we last read or wrote the file.
     *
     * @throws StorageException {@link StorageException.Reason#IN_USE} if others have it open now
     */
    public void saveClosed(ResumeState state, Note note) throws IOException {
        disk.onFileThread(() -> {
            var then = note.content;
            var content = new ResumeFormat(state, then.files(), then.parts(), true, then.savedNanos());
            alone(() -> replaceBy(content));
            return null;
        });
    }

    /**
     * Saves what can be true whatever is on disk: priorities and totals. Of the files the next run knows nothing, and checks
     * whatever there is. If even that cannot be saved, what was saved before is deleted: it may not be true any more.
     *
     * @param isOpen as for {@link #save}; else this is like {@link #saveClosed}
     */
    public void saveDoubt(ResumeState state, boolean isOpen) throws IOException {
        var claimless =
                new ResumeState(new BitSet(), Map.of(), state.priorities(), state.uploaded(), state.downloaded());
        var unknown = Collections.nCopies(layout.files().size(), FileStamp.NOTHING);
        disk.onFileThread(() -> {
            var content =
                    new ResumeFormat(claimless, unknown, FileStamp.NOTHING, true, ResumeFormat.nanos(clock.instant()));
            if (isOpen) {
                replaceOrDelete(content);
            } else {
                alone(() -> replaceOrDelete(content));
            }
            return null;
        });
    }

    private interface Change {
        void make() throws IOException;
    }

    /** Keeps others out meanwhile, and does nothing if they have been in. */
    private void alone(Change change) throws IOException {
        try (var lock = TorrentLock.acquire(directory, infoHash)) {
            Objects.requireNonNull(lock); // held meanwhile
            if (isKnown()) {
                change.make();
            }
        }
    }

    private void replaceOrDelete(ResumeFormat content) throws IOException {
        boolean replaced = false;
        try {
            replaceBy(content);
            replaced = true;
        } finally {
            if (!replaced) {
                Files.deleteIfExists(path);
                known = FileStamp.of(path);
            }
        }
    }

    private boolean isKnown() throws IOException {
        return known == null || known.equals(FileStamp.of(path));
    }

    private void replaceBy(ResumeFormat content) throws IOException {
        saving.lock();
        try {
            directory.replace(path, content.encode(infoHash));
            known = FileStamp.of(path);
        } catch (IOException e) {
            throw directory.explain(e, "save", path);
        } finally {
            saving.unlock();
        }
    }

    /**
     * Reads what was saved and compares it with what is on disk. A file that cannot be read or believed is ignored, with
     * a warning in the log; then everything that may be on disk is to be checked.
     */
    public Resumed load() throws IOException {
        return disk.onFileThread(() -> {
            List<FileStamp> now = stamps();
            known = FileStamp.of(path);
            if (!Files.exists(path)) {
                return allToCheck(now, List.of());
            }
            try {
                if (Files.size(path) > ResumeFormat.LIMITS.maxBytes()) {
                    throw new IOException("it is too large: " + Files.size(path) + " bytes");
                }
                return compare(ResumeFormat.decode(Files.readAllBytes(path), layout, infoHash), now, partStamp());
            } catch (IOException e) {
                String why = path + " is of no use: " + e.getMessage();
                LOG.log(System.Logger.Level.WARNING, why);
                return allToCheck(now, List.of(why));
            }
        });
    }

    /** What the files are like now and what is known of them, for {@link #changesSince}; no storage having been open. */
    public Note note(ResumeState state) throws IOException {
        return disk.onFileThread(() ->
                new Note(new ResumeFormat(state, stamps(), partStamp(), true, ResumeFormat.nanos(clock.instant()))));
    }

    /** The same, of files that {@code closed} was the storage of until now. */
    public Note note(ResumeState state, Storage closed) throws IOException {
        return disk.onFileThread(() -> new Note(claim(state, true, closed)));
    }

    /** Like {@link #load}, of what was noted in this run: what has become of the files since. */
    public Resumed changesSince(Note note) throws IOException {
        return disk.onFileThread(() -> compare(note.content, stamps(), partStamp()));
    }

    /** See {@link #note}. */
    public static final class Note {
        private final ResumeFormat content;

        private Note(ResumeFormat content) {
            this.content = content;
        }

        /** The same files at the same moment, of which this is known. */
        public Note of(ResumeState state) {
            return new Note(
                    new ResumeFormat(state, content.files(), content.parts(), content.clean(), content.savedNanos()));
        }
    }

    /** True if resume data can be saved, which it cannot in a directory without write permission. */
    public boolean isWritable() throws IOException {
        return disk.onFileThread(directory::isWritable);
    }

    /** By how many bytes these files, by index, are shorter on disk than they are to become. */
    public long bytesToGrow(BitSet files) throws IOException {
        return disk.onFileThread(() -> {
            List<FileStamp> now = stamps();
            return layout.files().stream()
                    .filter(file -> files.get(file.index()) && !file.isPadding())
                    .mapToLong(file ->
                            file.length() - Math.clamp(now.get(file.index()).size(), 0, file.length()))
                    .sum();
        });
    }

    /** Reads nothing and believes nothing: all that is on disk is to be checked. */
    public Resumed withoutTrust() throws IOException {
        return disk.onFileThread(() -> allToCheck(stamps(), List.of()));
    }

    private List<FileStamp> stamps() throws IOException {
        var stamps = new ArrayList<FileStamp>();
        for (TorrentFile file : layout.files()) {
            boolean isStored = file.length() > 0 && !file.isPadding(); // what else is there is nothing to us
            stamps.add(isStored ? FileStamp.of(directory.pathOf(file)) : FileStamp.NOTHING);
            disk.step();
        }
        return stamps;
    }

    private FileStamp partStamp() throws IOException {
        return FileStamp.of(directory.partFile(infoHash));
    }

    private Resumed allToCheck(List<FileStamp> now, List<String> reasons) throws IOException {
        var toCheck = new BitSet();
        for (TorrentFile file : layout.files()) {
            if (now.get(file.index()).exists() && !file.isPadding()) {
                set(toCheck, layout.piecesOf(file.index()));
            }
        }
        if (partStamp().exists()) {
            toCheck.set(0, layout.pieceCount());
        }
        return new Resumed(ResumeState.empty(), toCheck, reasons);
    }

    // What is still true

    private Resumed compare(ResumeFormat then, List<FileStamp> now, FileStamp partsNow) throws IOException {
        long lastWriteNanos = then.savedNanos() + GRACE.toNanos();
        long firstNewNanos = then.savedNanos() - GRACE.toNanos();
        var spoilt = new BitSet(); // pieces with bytes in a file of which we know nothing any more
        var gone = new BitSet(); // pieces with bytes in a file that has vanished
        var touched = new BitSet(); // pieces with bytes in a file that the unclean run may have written to unnoticed
        var reasons = new ArrayList<String>();

        BitSet inPartFile = partsNow.exists() ? piecesInPartFile() : new BitSet();
        boolean partsChanged = !isTrusted(then.parts(), partsNow, then.clean(), lastWriteNanos);
        if (partsChanged) {
            reasons.add(directory.partFile(infoHash) + " was changed");
        }
        for (TorrentFile file : layout.files()) {
            if (file.isPadding() || file.length() == 0) {
                continue;
            }
            FileStamp before = then.files().get(file.index());
            FileStamp after = now.get(file.index());
            PieceRange pieces = layout.piecesOf(file.index());
            if (before.exists() && !after.exists()) {
                set(gone, pieces);
                reasons.add(file + " is gone");
            } else if (!before.exists() && !after.exists()) {
                // Its bytes are in the part file, if there are any: it was not wanted. Or somebody has deleted it.
                BitSet vanished = claimed(then.state(), file, pieces);
                vanished.andNot(inPartFile);
                if (!vanished.isEmpty()) {
                    gone.or(vanished);
                    reasons.add(file + " is gone");
                }
                if (partsChanged) {
                    set(spoilt, pieces);
                }
            } else if (!before.exists()) {
                set(spoilt, pieces); // made since, and perhaps before the bytes that were kept aside had moved in
                reasons.add("nothing is known of " + file);
            } else if (after.size() != file.length()
                    || !isTrusted(before, after, then.clean() || isWhole(then.state(), pieces), lastWriteNanos)) {
                set(spoilt, pieces);
                reasons.add(file + " was changed");
            } else if (!then.clean() && after.isModifiedBetween(firstNewNanos, lastWriteNanos)) {
                set(touched, pieces);
            }
            if (!then.clean() && !after.exists() && partsNow.isModifiedBetween(firstNewNanos, lastWriteNanos)) {
                set(touched, pieces);
            }
        }
        return resumed(then.state(), spoilt, gone, touched, reasons);
    }

    /** The pieces of which bytes in this file are claimed: all of them, or those of a block. */
    private BitSet claimed(ResumeState state, TorrentFile file, PieceRange pieces) {
        var claimed = new BitSet();
        for (int piece = pieces.first(); piece < pieces.end(); piece++) {
            BitSet blocks = state.blocks().get(piece);
            claimed.set(piece, state.verified().get(piece) || (blocks != null && isAnyIn(file, piece, blocks)));
        }
        return claimed;
    }

    private boolean isAnyIn(TorrentFile file, int piece, BitSet blocks) {
        long fileBegin = file.offset() - layout.pieceOffset(piece);
        long begin = Math.max(0, fileBegin);
        long end = Math.min(layout.pieceLength(piece), fileBegin + file.length());
        int first = (int) (begin / Layout.BLOCK_LENGTH);
        int last = (int) ((end - 1) / Layout.BLOCK_LENGTH);
        return !blocks.get(first, last + 1).isEmpty();
    }

    private BitSet piecesInPartFile() throws IOException {
        var parts = PartFile.open(disk, directory, directory.partFile(infoHash), layout, true);
        try {
            return parts.pieces();
        } finally {
            parts.close();
        }
    }

    /** Whether nobody had anything left to write there. */
    private static boolean isWhole(ResumeState state, PieceRange pieces) {
        return state.verified().nextClearBit(pieces.first()) >= pieces.end();
    }

    /**
     * True if the file was not changed since, or by nobody but the run that saved: while it went on, uncleanly, if it was
     * not {@code done} with the file.
     */
    private static boolean isTrusted(FileStamp before, FileStamp after, boolean done, long lastWriteNanos) {
        if (after.equals(before)) {
            return true;
        }
        return !done && after.exists() && after.isModifiedBetween(before.modifiedNanos(), lastWriteNanos);
    }

    private static Resumed resumed(
            ResumeState claimed, BitSet spoilt, BitSet gone, BitSet touched, List<String> reasons) {
        var trusted = (BitSet) claimed.verified().clone();
        trusted.andNot(spoilt);
        trusted.andNot(gone);

        var toCheck = (BitSet) touched.clone();
        toCheck.or(spoilt);
        toCheck.andNot(trusted);
        toCheck.andNot(gone); // a file that is gone leaves nothing to check
        if (!touched.isEmpty()) {
            reasons.add("the last run ended without saving");
        }

        var blocks = new TreeMap<>(claimed.blocks());
        blocks.keySet().removeIf(piece -> spoilt.get(piece) || gone.get(piece));
        var state = new ResumeState(trusted, blocks, claimed.priorities(), claimed.uploaded(), claimed.downloaded());
        return new Resumed(state, toCheck, reasons);
    }

    private static void set(BitSet pieces, PieceRange range) {
        pieces.set(range.first(), range.end());
    }
}
