package weft.dht;

import java.net.InetSocketAddress;
import java.util.EnumMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import weft.bencode.BString;
import weft.bencode.BValue;

/**
 * What a node answers. Answers do not say to which method they belong, so this has room for what any of them may hold.
 *
 * @param id of the node that answers
 * @param seenAs BEP 42: the address by which it sees the asker
 */
record Answer(BString transaction, NodeId id, Optional<InetSocketAddress> seenAs, Contents contents)
        implements Message {

    /**
     * All but the formalities.
     *
     * @param nodes near the target, of the families that are told of (BEP 5, BEP 32)
     * @param token what the answerer wants to see again with an announce or put
     * @param values peers (BEP 5)
     */
    record Contents(
            Map<Family, List<Contact>> nodes,
            Optional<BString> token,
            List<InetSocketAddress> values,
            Optional<Filters> filters,
            Optional<Stored> stored,
            Optional<Samples> samples) {

        static final Contents NONE = new Contents(
                Map.of(), Optional.empty(), List.of(), Optional.empty(), Optional.empty(), Optional.empty());

        Contents {
            values = List.copyOf(values);
        }

        static Contents ofNodes(Map<Family, List<Contact>> nodes) {
            return new Contents(
                    nodes, Optional.empty(), List.of(), Optional.empty(), Optional.empty(), Optional.empty());
        }

        Contents with(BString newToken) {
            return new Contents(nodes, Optional.of(newToken), values, filters, stored, samples);
        }

        Contents with(List<InetSocketAddress> newValues) {
            return new Contents(nodes, token, newValues, filters, stored, samples);
        }

        Contents with(Filters newFilters) {
            return new Contents(nodes, token, values, Optional.of(newFilters), stored, samples);
        }

        Contents with(Stored newStored) {
            return new Contents(nodes, token, values, filters, Optional.of(newStored), samples);
        }

        Contents with(Samples newSamples) {
            return new Contents(nodes, token, values, filters, stored, Optional.of(newSamples));
        }

        /** Of both families. */
        List<Contact> allNodes() {
            return nodes.values().stream().flatMap(List::stream).toList();
        }
    }

    /** BEP 33: 256 bytes each, of the seeds and of the other peers. */
    record Filters(BString seeds, BString peers) {}

    /** BEP 44: an item, or of one that the asker has already only the sequence number. */
    record Stored(Optional<BValue> value, Optional<BString> key, OptionalLong sequence, Optional<BString> signature) {}

    /**
     * BEP 51.
     *
     * @param intervalSeconds when there will be others
     * @param count how many info-hashes the node knows in all
     */
    record Samples(int intervalSeconds, int count, List<NodeId> infoHashes) {
        Samples {
            infoHashes = List.copyOf(infoHashes);
        }
    }

    /** A map of families in their order, as messages are written. */
    static Map<Family, List<Contact>> nodesOf(Family family, List<Contact> nodes) {
        var map = new EnumMap<Family, List<Contact>>(Family.class);
        map.put(family, nodes);
        return map;
    }
}
