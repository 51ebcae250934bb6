package weft.metainfo;

import java.util.ArrayList;
import java.util.List;
import weft.bencode.BString;

/** Reads the files of a v1 info dictionary: {@code length}, or {@code files} with their paths (BEP 3, BEP 47). */
final class V1Files {

    private V1Files() {}

    static List<RawFile> read(Fields info) throws MetainfoException {
        if (!info.has("files")) {
            return List.of(readFile(info, List.of()));
        }
        var files = new ArrayList<RawFile>();
        for (Fields file : info.dicts("files")) {
            files.add(readFile(file, file.strings(file.dict().list("path.utf-8").isPresent() ? "path.utf-8" : "path")));
        }
        if (files.isEmpty()) {
            throw info.unexpected("files", "at least one file");
        }
        return files;
    }

    private static RawFile readFile(Fields file, List<BString> path) throws MetainfoException {
        var attributes = attributes(file);
        List<BString> target = attributes.symlink() ? file.strings("symlink path") : List.of();
        long length = attributes.symlink() ? 0 : file.integer("length", 0, Long.MAX_VALUE);
        return new RawFile(path, length, attributes, target, null);
    }

    static TorrentFile.Attributes attributes(Fields file) {
        return file.dict()
                .string("attr")
                .map(attr -> TorrentFile.Attributes.parse(attr.utf8()))
                .orElse(TorrentFile.Attributes.NONE);
    }
}
