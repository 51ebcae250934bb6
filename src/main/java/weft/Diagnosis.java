package weft;

import java.util.List;
import java.util.Locale;
import java.util.regex.Pattern;

/**
 * Why a torrent moves or does not: the one likeliest cause, for programs to switch on, and a sentence for people. Asked
 * of {@link Torrent#diagnosis}; a snapshot of the moment.
 *
 * @param cause the likeliest cause
 * @param sentence the same as one line for a person, without a full stop; what strangers said is quoted in it
 * @param evidence where the cause was seen: trackers and what each said, the likeliest culprit first; peers and why there
 *     is no connection to them; empty for most causes
 */
public record Diagnosis(Cause cause, String sentence, List<Evidence> evidence) {
    /** A tracker's URL, or a peer's address, and what is known of it. */
    public record Evidence(String where, String what) {}

    /** What can be the cause. */
    public enum Cause {
        /** All is well: what is missing comes in, or what is there goes out. */
        MOVES(false),
        /** Everything wanted is there, and nobody asks for it just now. */
        SEEDING(false),
        /** No file is wanted. */
        NOTHING_WANTED(false),
        /** It is about to start, or to be hashed: the files of an earlier run are looked for. */
        STARTING(true),
        /** What lies on disk is being hashed. */
        CHECKING(false),
        /** Somebody has paused it. */
        PAUSED(false),
        /** Somebody has stopped it, or it was never started. */
        STOPPED(false),
        /** It is closed for good. */
        CLOSED(false),

        /** Peers are connected, and the metadata of a magnet link has not come from them yet. */
        WAITING_FOR_METADATA(true),
        /** The metadata came, and cannot be used. */
        METADATA_UNUSABLE(true),

        /** No room on the disk. */
        DISK_FULL(true),
        /** The file system or the user's rights forbid to read or write the files. */
        DISK_ACCESS_DENIED(true),
        /** A file is gone. */
        FILE_MISSING(true),
        /** A file is shorter than it was. */
        FILE_CHANGED(true),
        /** Another process or client has the torrent open in the same directory. */
        FILES_IN_USE(true),
        /** The disk failed in another way. */
        DISK_FAILED(true),
        /** The disk does not get on: with what has come, what is to be sent, or what is to be looked at to begin with. */
        DISK_BUSY(true),

        /** What comes fails its hash, and whoever sent it is banned or soon will be. */
        ALL_CORRUPT(true),

        /** No peer is known, and there is no tracker to ask. */
        NO_SOURCES(true),
        /** A tracker is being asked, and no other has answered. */
        TRACKER_ASKED(true),
        /** A tracker says no and gives its reason. */
        TRACKER_REFUSES(true),
        /** A tracker answers with an HTTP status other than 200. */
        TRACKER_HTTP_STATUS(true),
        /** A tracker's name does not resolve. */
        TRACKER_NAME_UNKNOWN(true),
        /** There is no connection to a tracker. */
        TRACKER_UNREACHABLE(true),
        /** A tracker does not answer in time. */
        TRACKER_SILENT(true),
        /** A tracker's address or answer is of no use: the sentence says why. */
        TRACKER_UNUSABLE(true),
        /** A tracker answers, and knows no peers but us. */
        TRACKERS_KNOW_NOBODY(true),

        /** There is no tracker to ask, and no node of the DHT has answered yet. */
        DHT_UNREACHABLE(true),
        /** There is no tracker to ask, and the DHT is being asked for the first time. */
        DHT_ASKED(true),
        /** There is no tracker to ask, and the DHT knows no peers but us. */
        DHT_KNOWS_NOBODY(true),

        /** There are peers to connect to, but no more connections are allowed. */
        CONNECTION_LIMIT(true),
        /** Peers are known and being dialled, and none has been tried in vain yet. */
        CONNECTING(true),
        /** Peers are known, and there is no connection to any of them. */
        PEERS_UNREACHABLE(true),
        /** No connected peer has a piece that is missing; {@link Torrent#unavailable} tells which pieces nobody has. */
        NOBODY_HAS_THE_REST(true),
        /** All peers that have what is missing choke us. */
        ALL_CHOKE(true),
        /** Peers were asked for what is missing, and send nothing. */
        PEERS_SEND_NOTHING(true);

        private final boolean stall;

        Cause(boolean stall) {
            this.stall = stall;
        }

        /** Whether something ought to move and does not. */
        public boolean isStall() {
            return stall;
        }
    }

    private static final Pattern CONTROLS = Pattern.compile("[\\p{Cntrl}\\u2028\\u2029]+");

    /** Copies the list, and keeps the sentence on one line, whoever wrote part of it. */
    public Diagnosis {
        sentence = CONTROLS.matcher(sentence).replaceAll(" ");
        evidence = List.copyOf(evidence);
    }

    Diagnosis(Cause cause, String sentence) {
        this(cause, sentence, List.of());
    }

    /** The cause and the sentence. */
    @Override
    public String toString() {
        return cause.name().toLowerCase(Locale.ROOT) + ": " + sentence;
    }
}
