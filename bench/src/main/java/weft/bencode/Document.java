package weft.bencode;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;

/** What a client decodes, made up but always the same. */
public enum Document {
    /** A torrent of one file of 50 MB in 200 pieces, with three trackers: 4 KB, of which nearly all is one string. */
    SMALL_TORRENT {
        @Override
        BValue value() {
            var info = BDict.builder()
                    .put("length", 52_400_000)
                    .put("name", "debian-live.iso")
                    .put("piece length", 262_144)
                    .put("pieces", hashes(200))
                    .build();
            return torrent(info);
        }
    },

    /** A torrent of 20,000 files in 200 folders and 40,000 pieces: 2 MB, of which 0.8 are hashes, and 200,000 values. */
    LARGE_TORRENT {
        @Override
        BValue value() {
            var random = new SplittableRandom(2);
            var files = new ArrayList<BValue>();
            for (int i = 0; i < 20_000; i++) {
                files.add(BDict.builder()
                        .put("length", random.nextLong(4_000_000))
                        .put(
                                "path",
                                BList.of(List.of(
                                        BString.of("folder %03d".formatted(i / 100)),
                                        BString.of("photograph %05d of a holiday.jpeg".formatted(i)))))
                        .build());
            }
            var info = BDict.builder()
                    .put("files", BList.of(files))
                    .put("name", "photographs")
                    .put("piece length", 1_048_576)
                    .put("pieces", hashes(40_000))
                    .build();
            return torrent(info);
        }
    },

    /** A tracker's answer with 200 peers in the long form, a dictionary each (BEP 3): 16 KB, 1,400 values. */
    TRACKER_ANSWER {
        @Override
        BValue value() {
            var random = new SplittableRandom(3);
            var peers = new ArrayList<BValue>();
            for (int i = 0; i < 200; i++) {
                var id = new byte[20];
                random.nextBytes(id);
                peers.add(BDict.builder()
                        .put("ip", "192.0.2." + i)
                        .put("peer id", id)
                        .put("port", random.nextInt(1024, 65_536))
                        .build());
            }
            return BDict.builder()
                    .put("complete", 1_200)
                    .put("incomplete", 345)
                    .put("interval", 1_800)
                    .put("peers", BList.of(peers))
                    .build();
        }
    };

    abstract BValue value();

    /** Its canonical encoding. */
    byte[] bytes() {
        return Bencode.encode(value());
    }

    private static BDict torrent(BDict info) {
        var trackers = new ArrayList<BValue>();
        for (int i = 1; i <= 3; i++) {
            trackers.add(BList.of(List.of(BString.of("http://tracker%d.example.org/announce".formatted(i)))));
        }
        return BDict.builder()
                .put("announce", "http://tracker1.example.org/announce")
                .put("announce-list", BList.of(trackers))
                .put("comment", "made up".getBytes(StandardCharsets.UTF_8))
                .put("creation date", 1_700_000_000)
                .put("info", info)
                .build();
    }

    private static byte[] hashes(int count) {
        var hashes = new byte[20 * count];
        new SplittableRandom(1).nextBytes(hashes);
        return hashes;
    }
}
