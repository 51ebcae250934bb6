package weft.swarm;

import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import weft.extension.Extension;
import weft.wire.MetadataMessage;
import weft.wire.PexMessage;

/**
 * The extensions that a torrent speaks with its peers, and the numbers under which it wants to be sent their messages (BEP
 * 10): the same for all peers, and from before the metadata is known. Immutable.
 */
final class ExtensionTable {
    /** BEP 54: a piece that was had is not any more. */
    static final String DONT_HAVE = "lt_donthave";

    /** libtorrent's way to say later what BEP 21 says in the handshake. */
    static final String UPLOAD_ONLY = "upload_only";

    /** Ours that the swarm itself handles; the numbers are those of libtorrent, which is as good a choice as any. */
    private static final Map<String, Integer> NUMBERS =
            Map.of(PexMessage.NAME, 1, MetadataMessage.NAME, 2, UPLOAD_ONLY, 3, DONT_HAVE, 7);

    private static final int FIRST_OF_OTHERS = 32;

    private final List<Extension> extensions;
    private final Map<String, Integer> ids = new LinkedHashMap<>();

    private ExtensionTable(List<Extension> extensions, String... handledBySwarm) {
        this.extensions = List.copyOf(extensions);
        for (String name : handledBySwarm) {
            ids.put(name, NUMBERS.get(name));
        }
        int next = FIRST_OF_OTHERS;
        for (Extension extension : this.extensions) {
            int id = NUMBERS.containsKey(extension.name()) ? NUMBERS.get(extension.name()) : next++;
            if (ids.put(extension.name(), id) != null) {
                throw new IllegalArgumentException("two extensions of the name " + extension.name());
            }
        }
    }

    /** These extensions, and those that the swarm itself handles. */
    static ExtensionTable of(List<Extension> extensions) {
        return new ExtensionTable(extensions, UPLOAD_ONLY, DONT_HAVE);
    }

    /** These extensions, and the one by which metadata is fetched. */
    static ExtensionTable beforeMetadata(List<Extension> extensions) {
        return new ExtensionTable(extensions, MetadataMessage.NAME);
    }

    /** Whether our number is that of an extension that is not Weft's own. */
    static boolean isForeign(int id) {
        return id >= FIRST_OF_OTHERS;
    }

    List<Extension> extensions() {
        return extensions;
    }

    /** Our number for each name: {@code m} of our handshake. */
    Map<String, Integer> ids() {
        return Map.copyOf(ids);
    }

    /** The same for one who was told what we speak while the metadata was not known, and of which not all may be true any more. */
    Map<String, Integer> idsAfterMetadata() {
        var changed = new HashMap<>(ids);
        changed.putIfAbsent(MetadataMessage.NAME, 0);
        changed.putIfAbsent(PexMessage.NAME, 0);
        return changed;
    }

    int id(String name) {
        return ids.get(name);
    }

    /** The name of the extension that has this number of ours. */
    String name(int id) {
        return ids.entrySet().stream()
                .filter(entry -> entry.getValue() == id)
                .findAny()
                .map(Map.Entry::getKey)
                .orElseThrow();
    }
}
