package weft.app;

import java.util.BitSet;
import java.util.List;
import java.util.Optional;
import weft.Diagnosis;
import weft.TorrentSnapshot;
import weft.TorrentState;

/** Torrents to look at, for tests of how they look. */
final class Views {
    private static final long MIB = 1 << 20;

    private Views() {}

    /** 42.3 % of 659 MiB, at 85 MiB/s from twelve peers. */
    static TorrentView downloading(String name) {
        return view(name, TorrentState.DOWNLOADING, 380 * MIB, 85 * MIB, Optional.empty());
    }

    /** The same, but nothing moves, and why. */
    static TorrentView stalled(String name, String complaint) {
        return view(name, TorrentState.DOWNLOADING, 380 * MIB, 0, Optional.of(complaint));
    }

    /** All of it is there. */
    static TorrentView seeding(String name) {
        return view(name, TorrentState.SEEDING, 0, 0, Optional.empty());
    }

    /** What lies on disk is being hashed. */
    static TorrentView checking(String name) {
        return view(name, TorrentState.CHECKING, 659 * MIB, 0, Optional.empty());
    }

    /** There is no room for what is missing. */
    static TorrentView full(String name) {
        var view = view(name, TorrentState.ERROR, 380 * MIB, 0, Optional.empty());
        var diagnosis = new Diagnosis(Diagnosis.Cause.DISK_FULL, "no space left", List.of());
        return new TorrentView(name, view.figures(), view.pieces(), diagnosis, Optional.empty());
    }

    /** Something is wrong with the disk. */
    static TorrentView failed(String name) {
        return view(name, TorrentState.ERROR, 380 * MIB, 0, Optional.empty());
    }

    /** Metadata is sought, and this was tried. */
    static TorrentView fetching(String name, Optional<String> complaint, Diagnosis.Evidence... tried) {
        var view = view(name, TorrentState.FETCHING_METADATA, 659 * MIB, 0, complaint);
        var diagnosis = new Diagnosis(Diagnosis.Cause.PEERS_UNREACHABLE, "why not", List.of(tried));
        return new TorrentView(name, view.figures(), view.pieces(), diagnosis, complaint);
    }

    private static TorrentView view(
            String name, TorrentState state, long left, long downRate, Optional<String> complaint) {
        long size = 659 * MIB;
        int count = 200;
        var verified = new BitSet();
        verified.set(0, (int) ((size - left) * count / size));
        var wanted = new BitSet();
        wanted.set(verified.length(), count);
        var figures = new TorrentSnapshot(
                state,
                (double) (size - left) / size,
                size,
                size,
                left,
                size - left,
                3 * MIB,
                0,
                downRate,
                downRate / 70,
                verified.cardinality(),
                count,
                12,
                3,
                40,
                state == TorrentState.CHECKING ? 50 : 0,
                state == TorrentState.CHECKING ? 200 : 0);
        return new TorrentView(
                name,
                figures,
                new PieceMap.Pieces(count, verified, new BitSet(), wanted),
                new Diagnosis(Diagnosis.Cause.NO_SOURCES, complaint.orElse("why not"), List.of()),
                complaint);
    }
}
